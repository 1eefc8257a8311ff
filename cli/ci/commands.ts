/** `claude-fleet ci ...`: what the workflow of a fork runs beside `pulumi` itself; see docs/ci.md. */
import path from "node:path";
import { Argument, type Command } from "commander";
import { IDENTITIES, type Identity } from "../../plan/vault/ci-identities.ts";
import { readInput, writeOutput } from "../files.ts";
import { addHelpEnd, addHelpPointer, stackOption, type StackOptions } from "../help.ts";
import { exitCodeOf } from "../problems.ts";
import { openStack } from "../stack/open-stack.ts";
import { commentOf } from "./comment.ts";
import { logIn, logOut } from "./login.ts";
import { writeIdentityFiles } from "./policies.ts";
import { withUsersOf } from "./proposal.ts";

/** Adds the commands. */
export function addCiCommands(program: Command): void {
  const ci = program.command("ci").description("run steps of a CI workflow; see docs/ci.md");
  const login = ci
    .command("login")
    .addArgument(new Argument("<identity>", "the role of the job").choices(IDENTITIES))
    .description("log in to Vault with the job's identity token from GitHub; writes ~/.vault-token")
    .addOption(stackOption())
    .action(
      exitCodeOf((identity: Identity, options: StackOptions) => logIn(openStack(options).plan, identity)),
    );
  addHelpEnd(login, ["claude-fleet ci login observer --stack prod"]);
  const logout = ci
    .command("logout")
    .description("revoke the job's Vault token and remove ~/.vault-token")
    .addOption(stackOption())
    .action(exitCodeOf((options: StackOptions) => logOut(openStack(options).plan)));
  addHelpEnd(logout, ["claude-fleet ci logout --stack prod"]);
  const policies = ci
    .command("policies")
    .description(
      "write the Vault policies and login roles of the three CI identities, and say how to install them",
    )
    .requiredOption("--repository <owner/name>", "the repository whose workflow may log in")
    .option("--out <folder>", "where the files go", "vault-identities")
    .addOption(stackOption())
    .action(exitCodeOf(writePolicies));
  addHelpEnd(policies, ["claude-fleet ci policies --repository example/claude-fleet --stack prod"]);
  const propose = ci
    .command("propose")
    .argument("<roster>", "the roster of a pull request")
    .description(
      "copy the users of a pull request's roster into this checkout's; workstations stay as they are",
    )
    .option("--roster <file>", "this checkout's roster", "roster.yaml")
    .action(exitCodeOf(takeUsers));
  addHelpEnd(propose, ["claude-fleet ci propose /tmp/roster-of-the-pull-request.yaml"]);
  const comment = ci
    .command("comment")
    .argument("<preview>", "a file with the output of `pulumi preview --json`")
    .description("write a preview's result as Markdown; names nothing unless --names is given")
    .option("--names", "name users, hosts and drift: for repositories that are not public")
    .action(exitCodeOf(writeComment));
  addHelpEnd(comment, ["claude-fleet ci comment preview.json --names > comment.md"]);
  addHelpPointer(ci, "claude-fleet ci");
}

async function writePolicies(options: StackOptions & { repository: string; out: string }): Promise<void> {
  const { plan } = openStack(options);
  const commands = await writeIdentityFiles(plan, options.repository, path.resolve(options.out));
  process.stdout.write(
    `The files are in ${options.out}. Run there, as an identity that may write policies and auth methods:\n`,
  );
  for (const command of commands) process.stdout.write(`  ${command}\n`);
}

async function takeUsers(proposed: string, options: { roster: string }): Promise<void> {
  const merged = withUsersOf(await readInput(options.roster), await readInput(proposed));
  await writeOutput(options.roster, merged.text);
  if (!merged.otherWorkstations) return;
  process.stderr.write(
    "The proposal changes workstations too. They are previewed once the proposal is merged.\n",
  );
}

async function writeComment(file: string, options: { names?: boolean }): Promise<void> {
  process.stdout.write(commentOf(await readInput(file), options.names === true));
}
