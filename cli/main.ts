/** `claude-fleet`: what runs where the operator sits. */
import { Command } from "commander";
import { ACTIONS, actionsBy } from "../contract/actions.ts";
import { VAULT_WORK, type VaultWork } from "../contract/command-input.ts";
import { reportProblems } from "./problems.ts";
import { addCiCommands } from "./ci/commands.ts";
import { observeHost } from "./host/observe.ts";
import { changeHost } from "./host/run-action.ts";
import { addDiagnoseCommand } from "./diagnose/command.ts";
import { addImportCommand } from "./import.ts";
import { addRolloutCommand } from "./rollout.ts";
import { addRulesCommand } from "./rules.ts";
import { addStatusCommand } from "./status/command.ts";
import { addRotateCommand } from "./rotate/command.ts";
import { check } from "./user/check.ts";
import type { UserOptions } from "./user/for-user.ts";
import { login } from "./user/login.ts";
import { pause, resume } from "./user/pause.ts";
import { purge } from "./vault/purge.ts";
import { sweep } from "./vault/sweep.ts";

const program = new Command("claude-fleet").description(
  "Keeps Claude Code logins valid on a fleet. `pulumi up` applies the roster; this command is what its resources run, and what you run beside it.",
);

/** A command about one user, with what all of them understand. */
function userCommand(name: string, description: string, examples: readonly string[]): Command {
  return program
    .command(name)
    .argument("<user>", "the OS user, as the roster names it")
    .description(description)
    .option("--stack <name>", "the stack; by default the one that is selected, or the only one there is")
    .option("--json", "one JSON object on standard output")
    .addHelpText(
      "after",
      `\nExamples:\n${examples.map((example) => `  claude-fleet ${example}\n`).join("")}`,
    );
}

userCommand("check", "prove a user's login now; exits with the agent's own code (docs/operations.md)", [
  "check alice",
  "check alice --stack prod --json",
]).action(async (user: string, options: UserOptions) => {
  process.exitCode = await check(user, options);
});

userCommand("login", "say how a user logs in, and wait until the login is proven", [
  "login alice",
  "login alice --timeout 2h",
])
  .option("--timeout <duration>", "how long to wait", "30m")
  .action(async (user: string, options: UserOptions & { timeout: string }) => {
    process.exitCode = await login(user, options);
  });

userCommand("pause", "leave a user alone until resumed: no timer, no watch; a run under way goes on", [
  'pause alice --reason "moves to another host"',
])
  .option("--reason <text>", "why, for those who find the user paused", "")
  .action(async (user: string, options: UserOptions & { reason: string }) => {
    process.exitCode = await pause(user, options);
  });

userCommand("resume", "renew a paused user again", ["resume alice"]).action(
  async (user: string, options: UserOptions) => {
    process.exitCode = await resume(user, options);
  },
);

const host = program
  .command("host")
  .description(
    "what the stack's resources run; reads its request as JSON on standard input, prints its result as JSON",
  );

host
  .command("observe")
  .description("report the state of a host; the request names which; changes nothing")
  .action(async () => {
    process.exitCode = await observeHost().catch(reportProblems);
  });

for (const action of actionsBy("resource")) {
  host
    .command(action)
    .description(ACTIONS[action].help)
    .action(async () => {
      process.exitCode = await changeHost(action).catch(reportProblems);
    });
}

const vault = program
  .command("vault")
  .description("what the stack's resources change in Vault; reads its request as JSON on standard input");
const vaultWork: Readonly<Record<VaultWork, () => Promise<number>>> = { sweep, purge };

for (const [work, run] of Object.entries(vaultWork)) {
  vault
    .command(work)
    .description(VAULT_WORK[work as VaultWork].help)
    .action(async () => {
      process.exitCode = await run().catch(reportProblems);
    });
}

addDiagnoseCommand(program);
addImportCommand(program);
addRolloutCommand(program);
addCiCommands(program);
addStatusCommand(program);
addRulesCommand(program);
addRotateCommand(program);

await program.parseAsync();
