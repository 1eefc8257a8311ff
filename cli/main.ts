/** `claude-fleet`: what runs where the operator sits. */
import { Command } from "commander";
import { observeHost } from "./host/observe.ts";
import { changeHost } from "./host/change.ts";

const program = new Command("claude-fleet").description(
  "Keeps Claude Code logins valid on a fleet. `pulumi up` applies the roster; this command is what its resources run, and what you run beside it.",
);

const host = program
  .command("host")
  .description(
    "what the stack's resources run; reads its request as JSON on standard input, prints its result as JSON",
  );

host
  .command("observe")
  .description("say how a host differs from nothing: reads it, changes nothing")
  .action(async () => {
    process.exitCode = await observeHost();
  });

const actions = {
  retire: "retire the users of a workstation that the plan no longer has",
  apply: "make a workstation's plan true, and enrol its users",
  remove: "retire all users of the fleet and remove its files from a workstation",
  gate: "prove a token file by a real call and store its immutable copies",
  clear: "remove what an interrupted rollout has left under a container's name",
  verify: "wait until a container is healthy and check the token that it reads",
} as const;

for (const [action, description] of Object.entries(actions)) {
  host
    .command(action)
    .description(description)
    .action(async () => {
      process.exitCode = await changeHost(action as keyof typeof actions);
    });
}

await program.parseAsync();
