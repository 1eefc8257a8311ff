/** Runs a program to its end and tells how it ended; never throws for what the program does. */
import { endOf, start } from "../../../lib/process.ts";

/** How a program ended. */
export interface Run {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order in which they came. */
  readonly output: string;
}

/** Where and with what a program runs. */
export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment; the caller's own when undefined. */
  readonly env?: NodeJS.ProcessEnv;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Hears all that it has said so far, each time that it says more. */
  readonly hear?: (output: string) => void;
}

/** @throws Error when the program cannot be started at all */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env = process.env, input = "", hear }: RunOptions = {},
): Promise<Run> {
  const child = start(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    input,
    all: true,
    maxBuffer: Infinity,
  });
  if (hear !== undefined) {
    let heard = "";
    child.all.setEncoding("utf8").on("data", (chunk: string) => hear((heard += chunk)));
  }
  const result = await child;
  const { code, stdout, stderr, notRun } = endOf(result);
  if (notRun !== undefined) throw new Error(`${program} could not be started (${notRun}).`);
  return { code, stdout, stderr, output: result.all };
}

/** What a program printed on standard output. @throws Error with all that it said, when it does not exit with 0 */
export async function printed(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const ended = await run(program, args, options);
  if (ended.code === 0) return ended.stdout;
  throw new Error(`${program} ${args.join(" ")} ended with ${ended.code}:\n${ended.output}`);
}
