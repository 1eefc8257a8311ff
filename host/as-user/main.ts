/** `user <task>`: the part of the host program that runs as the user. One JSON task in, one JSON answer out. */
import { ExpectedError, problemsOf } from "../../lib/expected-error.ts";
import { enrolUser, retireUser } from "./store-token.ts";
import { mendUser, observeUser, prepareUser } from "./observe-user.ts";
import { userTask, type UserTask } from "./task-messages.ts";

const tasks: Readonly<Record<string, (task: UserTask) => Promise<unknown>>> = {
  observe: observeUser,
  prepare: prepareUser,
  mend: mendUser,
  enrol: enrolUser,
  retire: retireUser,
};

/** Words that {@link userMain} understands. */
export type UserTaskName = "observe" | "prepare" | "mend" | "enrol" | "retire";

/** Does one task. Prints `{"answer": …}` or `{"problems": […]}`. @returns the exit code */
export async function userMain(args: readonly string[]): Promise<number> {
  process.umask(0o077);
  try {
    const work = Object.hasOwn(tasks, args[0] ?? "") ? tasks[args[0] ?? ""] : undefined;
    if (work === undefined) throw new ExpectedError(`"${args[0]}" is not a task of this program.`);
    const answer = await work(userTask.parse(JSON.parse(await readAll(process.stdin))));
    process.stdout.write(`${JSON.stringify({ answer })}\n`);
    return 0;
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ problems: problemsOf(error) })}\n`);
    return 1;
  }
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
