// Runs one local command for the engine: its output goes to the display line by line, and into the result.
import { statSync } from "node:fs";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import type { Readable } from "node:stream";
import { endOf, start, type ProcessEnd } from "../../../../lib/process.ts";
import type { Operation } from "../provider/resource.ts";

/** What runs, and how. */
export interface RunRequest {
  readonly command: string;
  /** Program and arguments before the command; default `/bin/sh -c`. */
  readonly interpreter?: readonly string[] | undefined;
  /** Default: the folder of the program, which is this process's own. */
  readonly dir?: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin?: string | undefined;
  readonly logging: "stdout" | "stderr" | "stdoutAndStderr" | "none";
}

/** What a command said, each without its last line feed. */
export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * How many bytes a line that is shown may not reach. The official plugin's reader gives up there, and then the command
 * waits for ever for somebody to take the rest (bufio.MaxScanTokenSize; LogOutput in provider/util/util.go).
 */
const LINE_LIMIT = 64 * 1024;

let running = 0;

/** Returns whether a command is running now. */
export function isRunning(): boolean {
  return running > 0;
}

/**
 * Runs a command to its end, and to the end of everything that still holds its output.
 *
 * When the engine cancels, the command itself gets SIGKILL, as from the official plugin; what it has started
 * is waited for as long as it holds the output.
 * https://github.com/pulumi/pulumi-command/blob/v1.2.1/provider/pkg/provider/local/commandOutputs.go
 * @throws Error `exit status N: running "COMMAND":` and all its output, whatever `logging` says; or when a line that
 *   `logging` shows has 64 KiB: with the official plugin that run would never end.
 */
export async function run(operation: Operation, request: RunRequest): Promise<RunResult> {
  const [program = "/bin/sh", ...before] =
    request.interpreter !== undefined && request.interpreter.length > 0
      ? request.interpreter
      : ["/bin/sh", "-c"];
  if (request.dir !== undefined && statSync(request.dir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(`dir ${request.dir} is no folder: running ${quote(request.command)}`);
  }
  const child = start(program, [...before, request.command], {
    ...(request.dir === undefined ? {} : { cwd: request.dir }),
    env: { ...process.env, ...request.environment },
    ...(request.stdin ? { input: request.stdin } : { stdin: "ignore" }),
    all: true,
    maxBuffer: Infinity,
  });
  const kill = () => child.kill("SIGKILL");
  running++;
  try {
    operation.signal.addEventListener("abort", kill, { once: true });
    if (operation.signal.aborted) kill();
    const lines = new PassThrough();
    for (const name of LOGGED[request.logging]) {
      child[name].on("data", (chunk: Buffer) => lines.write(chunk));
    }
    const shown = show(operation, lines);
    const result = await child;
    lines.end();
    if (await shown) {
      throw new Error(
        `running ${quote(request.command)} gave a line of 64 KiB: the official plugin would wait for ever. Break the line, or set logging so that it is not shown.`,
      );
    }
    const problem = problemOf(endOf(result));
    if (problem === undefined) return { stdout: trim(result.stdout), stderr: trim(result.stderr) };
    throw new Error(`${problem}: running ${quote(request.command)}:\n${result.all}`);
  } finally {
    operation.signal.removeEventListener("abort", kill);
    running--;
  }
}

/** The streams that are shown while a command runs, by `logging`. */
const LOGGED = {
  stdoutAndStderr: ["stdout", "stderr"],
  stdout: ["stdout"],
  stderr: ["stderr"],
  none: [],
} as const;

/** Returns how a command failed, in the words of the official plugin; undefined when it ended well. */
function problemOf({ code, signal, notRun }: ProcessEnd): string | undefined {
  if (notRun !== undefined) return `cannot be started (${notRun})`;
  if (signal !== null) return `signal: ${SIGNALS[signal] ?? signal}`;
  return code === 0 ? undefined : `exit status ${String(code)}`;
}

/** Go's names for the signals that end a command most often. */
const SIGNALS: Readonly<Record<string, string>> = {
  SIGKILL: "killed",
  SIGTERM: "terminated",
  SIGINT: "interrupt",
  SIGHUP: "hangup",
};

/** Shows the lines; says whether one of them reached the limit. */
async function show(operation: Operation, lines: Readable): Promise<boolean> {
  let endless = false;
  for await (const line of createInterface({ input: lines })) {
    if (Buffer.byteLength(line) >= LINE_LIMIT) endless = true;
    // As the official plugin: a status line, which the display shows only while it is the newest.
    else operation.log("info", line, { ephemeral: true });
  }
  return endless;
}

function trim(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

/** A text in double quotes, as Go's %q writes it. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /\\u00([0-9a-f]{2})|\u007f/g,
    (_match, hex: string | undefined) => `\\x${hex ?? "7f"}`,
  );
}
