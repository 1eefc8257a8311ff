/** `claude-fleet import FILE`: converts the roster of the original runbook. */
import { access } from "node:fs/promises";
import type { Command } from "commander";
import { ExpectedError } from "../lib/expected-error.ts";
import { readOriginalRoster, renderRoster, type ImportedUser } from "../plan/import-roster.ts";
import { PlanError } from "../plan/problems.ts";
import { readRoster } from "../plan/read-roster.ts";
import { readInput, writeOutput } from "./files.ts";
import { addHelpEnd, jsonOption } from "./help.ts";
import { exitCodeOf } from "./problems.ts";

interface ImportOptions {
  readonly workstation: string;
  readonly ssh: string;
  readonly emailDomain?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** Adds the command. */
export function addImportCommand(program: Command): void {
  const command = program
    .command("import")
    .argument("<file>", "the roster of the original runbook")
    .description("convert the original runbook's roster; users it left out get `renewal: false`")
    .requiredOption("--ssh <destination>", "the workstation, as the system's ssh reaches it")
    .option("--workstation <name>", "the workstation's name in the new roster", "devvm")
    .option("--email-domain <domain>", "completes accounts that are no e-mail addresses")
    .option("--output <file>", "a new file for the roster (default: standard output)")
    .addOption(jsonOption("print the users as one JSON object instead of the roster"))
    .action(exitCodeOf(importRoster));
  addHelpEnd(command, [
    "claude-fleet import old.yaml --ssh devvm --output roster.yaml",
    "claude-fleet import old.yaml --ssh deploy@devvm.example.net --email-domain example.com",
  ]);
}

async function importRoster(file: string, options: ImportOptions): Promise<void> {
  const { workstation, ssh, emailDomain, output } = options;
  const facts = { workstation, ssh, emailDomain };
  const { users, problems } = readOriginalRoster(file, await readInput(file), facts);
  if (problems.problems.length > 0) throw new PlanError(problems.problems);
  const text = renderRoster(users, facts);
  // The options went into the text: the reader of rosters checks it.
  const checked = readRoster(output ?? "the new roster", text).problems;
  if (checked.problems.length > 0) throw new PlanError(checked.problems);
  if (output !== undefined) {
    if (await exists(output)) throw new ExpectedError(`${output} exists. Name another file.`);
    await writeOutput(output, text);
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify({ users })}\n`);
  else if (output === undefined) process.stdout.write(text);
  process.stderr.write(`${summary(users)}\n`);
}

function summary(users: readonly ImportedUser[]): string {
  const notRenewed = users.filter(({ renewal }) => !renewal).map(({ name, why }) => `${name} (${why})`);
  const renewed = `${users.length - notRenewed.length} of ${users.length} users are renewed`;
  return notRenewed.length === 0 ? `${renewed}.` : `${renewed}; not renewed: ${notRenewed.join(", ")}.`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
