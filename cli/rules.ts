/** `claude-fleet rules DIRECTORY`: renders alerts and dashboard for a stack's own settings. */
import path from "node:path";
import type { Command } from "commander";
import { monitoringFiles } from "../plan/monitoring/files.ts";
import { ruleSettings } from "../plan/monitoring/settings.ts";
import { makeFolder, reportProblems, writeOutput } from "./problems.ts";
import { chooseStack, projectFolder } from "./stack/project.ts";
import { readStackPlan } from "./stack/read-plan.ts";

interface RulesOptions {
  readonly stack?: string;
  readonly runbook?: string;
}

/** Adds the command. */
export function addRulesCommand(program: Command): void {
  program
    .command("rules")
    .argument("<directory>", "where the files are written; made when it is missing")
    .description("write the rules for Prometheus and Loki, and the dashboard, for the stack's own settings")
    .option("--runbook <url>", "where your people read docs/operations.md; by default as the settings say")
    .option("--stack <name>", "the stack; by default the one that is selected, or the only one there is")
    .addHelpText(
      "after",
      `
Examples:
  claude-fleet rules /etc/prometheus/claude-fleet
  claude-fleet rules build/rules --runbook https://wiki.example.com/claude-fleet/operations
`,
    )
    .action(async (directory: string, options: RulesOptions) => {
      process.exitCode = await writeRules(directory, options).catch(reportProblems);
    });
}

async function writeRules(directory: string, { stack, runbook }: RulesOptions): Promise<number> {
  const root = projectFolder();
  const plan = readStackPlan(root, chooseStack(root, stack));
  await makeFolder(directory);
  for (const [name, text] of Object.entries(monitoringFiles(ruleSettings(plan, runbook)))) {
    const file = path.join(directory, name);
    await writeOutput(file, text);
    process.stdout.write(`${file}\n`);
  }
  return 0;
}
