/** Runs other programs: their output to whoever is told what is being done, and to the error when one fails. */
import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { ExpectedError } from "./expected-error.ts";
import type { Say } from "./say.ts";

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment; the caller's own when undefined. */
  readonly env?: NodeJS.ProcessEnv;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Told each line of output, as it comes. */
  readonly say?: Say;
  /** Its output goes where this process's own goes, and nothing of it is returned. */
  readonly shown?: boolean;
}

/** Programs that must not outlive this process: see {@link endCommands}. */
const running = new Set<ChildProcess>();

/**
 * Runs a program to its end and returns its standard output.
 * @throws {ExpectedError} when it cannot be started or ends with anything but 0; the last lines of its output are in it
 */
export async function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["pipe", ...(options.shown ? (["inherit", "inherit"] as const) : (["pipe", "pipe"] as const))],
  });
  running.add(child);
  let stdout = "";
  let tail = "";
  const listen = (chunk: string) => {
    tail = (tail + chunk).slice(-4000);
    const line = chunk.trim().split("\n").at(-1);
    if (line) options.say?.(line);
  };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    listen(chunk);
  });
  child.stderr?.setEncoding("utf8").on("data", listen);
  // A program that ends without reading its input is judged by its exit code.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(options.input ?? "");
  const end = await new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(`could not be started: ${error.message}`));
    child.on("close", (code, signal) =>
      resolve(code === 0 ? undefined : signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
    );
  });
  running.delete(child);
  if (end === undefined) return stdout;
  const lastLines = tail.trim().split("\n").slice(-8).join("\n  ");
  throw new ExpectedError(`${[program, ...args].join(" ")} ${end}${lastLines ? `:\n  ${lastLines}` : "."}`);
}

/** Asks every program that {@link command} still runs to end; for a process that is about to stop itself. */
export function endCommands(): void {
  for (const child of running) child.kill("SIGTERM");
}

/** Absolute path of a program on PATH (the folders where root's programs lie included); undefined: not there. */
export function findProgram(name: string, path: string = process.env.PATH ?? ""): string | undefined {
  for (const folder of [...path.split(delimiter), "/usr/sbin", "/sbin"]) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder: the next one.
      continue;
    }
  }
  return undefined;
}
