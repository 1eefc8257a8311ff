/** `claude-fleet host ...`: what the stack's command resources run on hosts, one command for each action of the table. */
import type { Command } from "commander";
import { ACTIONS, actionsBy } from "../../contract/actions.ts";
import { addHelpEnd, addHelpPointer } from "../help.ts";
import { exitCodeOf } from "../problems.ts";
import { observeHost } from "./observe.ts";
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
