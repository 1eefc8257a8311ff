/** `user <task>`: the part of the host program that runs as the user. Reads one JSON task and prints one JSON answer. */
import { text } from "node:stream/consumers";
import { ExpectedError, problemsOf } from "../../lib/expected-error.ts";
import { observeHome, prepareHome, repairHome } from "./home.ts";
import { removeToken, storeToken } from "./store-token.ts";
import { userTask, type UserTask } from "./task-messages.ts";

/** The tasks that root gives to a user's process, by name. */
export const USER_TASKS = {
  observe: observeHome,
  prepare: prepareHome,
  repair: repairHome,
  enrol: storeToken,
  unenrol: removeToken,
} as const satisfies Readonly<Record<string, (task: UserTask) => Promise<unknown>>>;

export type UserTaskName = keyof typeof USER_TASKS;

/** Does one task. Prints `{"answer": …}` or `{"problems": […]}`. @returns the exit code */
export async function userMain(args: readonly string[]): Promise<number> {
  process.umask(0o077);
  try {
    const [name = ""] = args;
    if (!isTask(name)) throw new ExpectedError(`"${name}" is not a task of this program.`);
    const answer = await USER_TASKS[name](userTask.parse(JSON.parse(await text(process.stdin))));
    process.stdout.write(`${JSON.stringify({ answer })}\n`);
    return 0;
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ problems: problemsOf(error) })}\n`);
    return 1;
  }
}

function isTask(name: string): name is UserTaskName {
  return Object.hasOwn(USER_TASKS, name);
}
