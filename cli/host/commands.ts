/** `claude-fleet host ...`: what the stack's command resources run on hosts, one command for each action of the table. */
import type { Command } from "commander";
import { ACTIONS, actionsBy, deadlineSeconds } from "../../contract/actions.ts";
import { type ObservedAnswer, observeInput } from "../../contract/command-input.ts";
import { readHostProgram } from "../../remote/program-file.ts";
import { converse } from "../../remote/session.ts";
import { addHelpEnd, addHelpPointer } from "../help.ts";
import { readStandardInput } from "../json-input.ts";
import { exitCodeOf } from "../problems.ts";
import { runAction } from "./run-action.ts";

/** Adds the commands. */
export function addHostCommands(program: Command): void {
  const host = program
    .command("host")
    .description("act on a host; reads a JSON request on standard input, prints the result as JSON");
  add("observe", "report the state of a host; changes nothing", observeHost);
  for (const action of actionsBy("resource")) {
    add(action, ACTIONS[action].help, () => runAction(action));
  }
  addHelpPointer(host, "claude-fleet host");

  function add(name: string, description: string, work: () => Promise<number>): void {
    const command = host.command(name).description(description).action(exitCodeOf(work));
    addHelpEnd(command, [
      `claude-fleet host ${name} < request.json   # the request stands in the stack's state`,
    ]);
  }
}

/** Prints one {@link ObservedAnswer}; an unreachable host is an answer, too. @returns 0 unless the request itself is wrong */
async function observeHost(): Promise<number> {
  const { connection, request } = await readStandardInput(observeInput);
  const outcome = await converse({
    connection,
    program: await readHostProgram(),
    request,
    deadlineSeconds: deadlineSeconds(request),
    hear: (event) => {
      if (event.event === "progress") process.stderr.write(`${event.message}\n`);
    },
  });
  const answer: ObservedAnswer =
    outcome.kind === "done"
      ? { kind: "observation", observation: outcome.result }
      : {
          kind: "unreachable",
          reason: (outcome.kind === "failed" ? outcome.problems.join(" ") : outcome.reason).slice(0, 2000),
        };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  return 0;
}
