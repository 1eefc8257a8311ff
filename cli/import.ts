/** `claude-fleet import FILE`: a roster of this project's from the original's. */
import { access } from "node:fs/promises";
import type { Command } from "commander";
import { ExpectedError } from "../lib/expected-error.ts";
import { readOriginalRoster, renderRoster, type ImportedUser } from "../plan/import-roster.ts";
import { PlanError } from "../plan/problems.ts";
import { readRoster } from "../plan/read-roster.ts";
import { readInput, reportProblems, writeOutput } from "./problems.ts";

interface ImportOptions {
  readonly workstation: string;
  readonly ssh: string;
  readonly emailDomain?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** Adds the command. */
export function addImportCommand(program: Command): void {
  program
    .command("import")
    .argument("<file>", "the original's roster.yaml")
    .description(
      "write this project's roster from the original's: `parked` and `claude_auth: false` become `renewal: false`",
    )
    .requiredOption(
      "--ssh <destination>",
      "how the workstation is reached, as the system's ssh understands it",
    )
    .option("--workstation <name>", "what the workstation shall be called", "devvm")
    .option("--email-domain <domain>", "what follows the @ of accounts that are no addresses themselves")
    .option(
      "--output <file>",
      "where the roster is written, which must not be there yet; by default standard output",
    )
    .option("--json", "the users as one JSON object on standard output instead")
    .addHelpText(
      "after",
      `
Examples:
  claude-fleet import scripts/workstation/roster.yaml --ssh deploy@devvm.example.net --email-domain example.com
  claude-fleet import old.yaml --ssh devvm --workstation devvm --output roster.yaml
`,
    )
    .action(async (file: string, options: ImportOptions) => {
      process.exitCode = await importRoster(file, options).catch(reportProblems);
    });
}

async function importRoster(file: string, options: ImportOptions): Promise<number> {
  const { workstation, ssh, emailDomain, output } = options;
  const facts = { workstation, ssh, emailDomain };
  const { users, problems } = readOriginalRoster(file, await readInput(file), facts);
  if (problems.problems.length > 0) throw new PlanError(problems.problems);
  const text = renderRoster(users, facts);
  // What the options say is judged by who will read it.
  const judged = readRoster(output ?? "the new roster", text).problems;
  if (judged.problems.length > 0) throw new PlanError(judged.problems);
  if (output !== undefined) {
    if (await exists(output)) throw new ExpectedError(`${output} is there already; name another file.`);
    await writeOutput(output, text);
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify({ users })}\n`);
  else if (output === undefined) process.stdout.write(text);
  process.stderr.write(`${summary(users)}\n`);
  return 0;
}

function summary(users: readonly ImportedUser[]): string {
  const left = users.filter(({ renewal }) => !renewal).map(({ name, why }) => `${name} (${why})`);
  const renewed = `${users.length - left.length} of ${users.length} users are renewed`;
  return left.length === 0 ? `${renewed}.` : `${renewed}; not renewed: ${left.join(", ")}.`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
