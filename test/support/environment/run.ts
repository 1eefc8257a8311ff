/** Runs a program to its end and tells how it ended; never throws for what the program does. */
import { spawn } from "node:child_process";

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
  const child = spawn(program, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "", output: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      said[name] += chunk;
      said.output += chunk;
      hear?.(said.output);
    });
  }
  // A program that ends without reading its input is judged by its exit code.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, ...said };
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
