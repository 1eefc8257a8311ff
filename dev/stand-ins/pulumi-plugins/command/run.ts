// Runs one local command for the engine: its output goes to the display line by line, and into the result.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { statSync } from "node:fs";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import type { Readable } from "node:stream";
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

const running = new Set<ChildProcess>();

/** Whether a command is running now. */
export function isRunning(): boolean {
  return running.size > 0;
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
  const child = spawn(program, [...before, request.command], {
    cwd: request.dir,
    env: { ...process.env, ...request.environment },
    stdio: [request.stdin ? "pipe" : "ignore", "pipe", "pipe"],
  });
  running.add(child);
  const kill = () => child.kill("SIGKILL");
  try {
    operation.signal.addEventListener("abort", kill, { once: true });
    if (operation.signal.aborted) kill();
    const collected = collect(operation, request, child);
    feed(child, request.stdin);
    const problem = await ended(child);
    const { stdout, stderr, both, endless } = await collected;
    if (problem === undefined && !endless) return { stdout: trim(stdout), stderr: trim(stderr) };
    if (endless) {
      throw new Error(
        `running ${quote(request.command)} gave a line of 64 KiB: the official plugin would wait for ever. Break the line, or set logging so that it is not shown.`,
      );
    }
    throw new Error(`${problem}: running ${quote(request.command)}:\n${both}`);
  } finally {
    operation.signal.removeEventListener("abort", kill);
    running.delete(child);
  }
}

/** Undefined when the command ended well, else how it ended, in the words of the official plugin. */
function ended(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`cannot be started (${error.message})`));
    child.once("close", (code, signal) => {
      if (signal !== null) resolve(`signal: ${SIGNALS[signal] ?? signal}`);
      else resolve(code === 0 ? undefined : `exit status ${String(code)}`);
    });
  });
}

/** Go's names for the signals that end a command most often. */
const SIGNALS: Readonly<Record<string, string>> = {
  SIGKILL: "killed",
  SIGTERM: "terminated",
  SIGINT: "interrupt",
  SIGHUP: "hangup",
};

interface Collected {
  readonly stdout: string;
  readonly stderr: string;
  readonly both: string;
  /** Whether a shown line was longer than the official plugin can read. */
  readonly endless: boolean;
}

async function collect(operation: Operation, request: RunRequest, child: ChildProcess): Promise<Collected> {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[], both: [] as Buffer[] };
  const lines = new PassThrough();
  const logged = { stdoutAndStderr: ["stdout", "stderr"], stdout: ["stdout"], stderr: ["stderr"], none: [] };
  const logs: readonly string[] = logged[request.logging];

  const drain = async (name: "stdout" | "stderr", stream: Readable | null) => {
    if (stream === null) return;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks[name].push(chunk);
      chunks.both.push(chunk);
      if (logs.includes(name)) lines.write(chunk);
    }
  };
  const shown = show(operation, lines);
  await Promise.all([drain("stdout", child.stdout), drain("stderr", child.stderr)]);
  lines.end();
  const endless = await shown;
  const text = (parts: readonly Buffer[]) => Buffer.concat(parts).toString("utf8");
  return { stdout: text(chunks.stdout), stderr: text(chunks.stderr), both: text(chunks.both), endless };
}

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

function feed(child: ChildProcess, stdin: string | undefined): void {
  if (child.stdin === null) return;
  // A command that ends without reading its stdin is no error.
  child.stdin.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ECONNRESET") child.stdout?.destroy(error);
  });
  child.stdin.end(stdin);
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
