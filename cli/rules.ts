/** `claude-fleet rules DIRECTORY`: writes alerts and dashboard for a stack's own settings. */
import path from "node:path";
import type { Command } from "commander";
import { monitoringFiles } from "../plan/monitoring/files.ts";
import { ruleSettings } from "../plan/monitoring/settings.ts";
import { createFolder, writeOutput } from "./files.ts";
import { addHelpEnd, stackOption, type StackOptions } from "./help.ts";
import { exitCodeOf } from "./problems.ts";
import { openStack } from "./stack/open-stack.ts";

interface RulesOptions extends Pick<StackOptions, "stack"> {
  readonly runbook?: string;
}

/** Adds the command. */
export function addRulesCommand(program: Command): void {
  const command = program
    .command("rules")
    .argument("<directory>", "where the files go; created when it is missing")
    .description("write alerts for Prometheus and Loki, and a dashboard, for this stack's settings")
    .option(
      "--runbook <url>",
      "where your people read docs/reference/alerts.md (default: as in the settings)",
    )
    .addOption(stackOption())
    .action(exitCodeOf(writeRules));
  addHelpEnd(command, [
    "claude-fleet rules /etc/prometheus/claude-fleet",
    "claude-fleet rules build/rules --runbook https://wiki.example.com/claude-fleet/alerts",
  ]);
}

async function writeRules(directory: string, { runbook, ...options }: RulesOptions): Promise<void> {
  const { plan } = openStack(options);
  await createFolder(directory);
  for (const [name, text] of Object.entries(monitoringFiles(ruleSettings(plan, runbook)))) {
    const file = path.join(directory, name);
    await writeOutput(file, text);
    process.stdout.write(`${file}\n`);
  }
}
