/** `claude-fleet rules DIRECTORY`: renders alerts and dashboard for a stack's own settings. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { problemsOf } from "../lib/expected-error.ts";
import { monitoringFiles } from "../plan/monitoring/files.ts";
import { ruleSettings } from "../plan/monitoring/settings.ts";
import { formatProblem, PlanError } from "../plan/problems.ts";
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
      process.exitCode = await writeRules(directory, options).catch((error: unknown) => {
        const problems = error instanceof PlanError ? error.problems.map(formatProblem) : problemsOf(error);
        for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
        return 1;
      });
    });
}

async function writeRules(directory: string, { stack, runbook }: RulesOptions): Promise<number> {
  const root = projectFolder();
  const plan = readStackPlan(root, chooseStack(root, stack));
  await mkdir(directory, { recursive: true });
  for (const [name, text] of Object.entries(monitoringFiles(ruleSettings(plan, runbook)))) {
    const file = path.join(directory, name);
    await writeFileAtomic(file, text, { mode: 0o644 });
    process.stdout.write(`${file}\n`);
  }
  return 0;
}
