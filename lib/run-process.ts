/** Runs a child process with its input, a deadline and a cap on what it may say. */
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** How a child is run. */
export interface ProcessOptions {
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Written to standard input, which is then closed. */
  readonly input?: string | Uint8Array;
  /** Written to file descriptor 3, which is then closed. */
  readonly extraInput?: Uint8Array;
  /** Milliseconds until the child's process group is killed. */
  readonly deadlineMs: number;
  /** Bytes of standard output, and of standard error, beyond which the child is killed. */
  readonly maxOutputBytes: number;
}

/** How a child ended. `notRun` holds the system's code when it could not be started. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly cut: "deadline" | "output" | undefined;
  readonly notRun: string | undefined;
}

/**
 * Runs `command` to its end. Never rejects: what happened stands in the answer. The child leads a process group
 * of its own, so that a cut takes its children along, and one that escapes cannot keep the caller waiting.
 * Must not be used for the Claude Code CLI with a login that it may refresh: see agent/probe.ts.
 */
export function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? "/",
      env: { ...options.env },
      detached: true,
      stdio: options.extraInput ? ["pipe", "pipe", "pipe", "pipe"] : ["pipe", "pipe", "pipe"],
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let cut: ProcessEnd["cut"];
    let settled = false;

    const settle = (code: number | null, signal: string | null, notRun?: string) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      child.stdout?.destroy();
      child.stderr?.destroy();
      const stdout = Buffer.concat(output.stdout).toString("utf8");
      const stderr = Buffer.concat(output.stderr).toString("utf8");
      resolve({ code, signal, stdout, stderr, cut, notRun });
    };
    const end = (reason: NonNullable<ProcessEnd["cut"]>) => {
      cut ??= reason;
      killGroup(child.pid);
    };
    const timer = setTimeout(() => end("deadline"), options.deadlineMs);
    for (const name of ["stdout", "stderr"] as const) {
      let bytes = 0;
      child[name]?.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > options.maxOutputBytes) end("output");
        else output[name].push(chunk);
      });
    }
    child.on("error", (error: NodeJS.ErrnoException) => settle(null, null, error.code ?? error.message));
    child.on("close", (code, signal) => settle(code, signal));
    // A grandchild that holds the pipes open must not hold the caller: what was said by then is the answer.
    child.on("exit", (code, signal) => setTimeout(() => settle(code, signal), 500));

    feed(child.stdin, options.input ?? "");
    const extra = child.stdio[3];
    if (options.extraInput && extra) feed(extra, options.extraInput);
  });
}

/** One clause that says how a child ended, for a sentence such as "systemctl …". */
export function describeEnd(end: ProcessEnd): string {
  if (end.notRun !== undefined) return `could not be started (${end.notRun})`;
  if (end.cut === "deadline") return "did not end in time";
  if (end.cut === "output") return "said too much";
  return end.signal ? `was ended by ${end.signal}` : `ended with exit code ${end.code}`;
}

function feed(stream: Writable | Readable | null, data: string | Uint8Array): void {
  if (!stream || !("end" in stream)) return;
  // A child that ends before it has read its input is judged by its exit code, not by this pipe's error.
  stream.on("error", () => undefined);
  stream.end(data);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // ESRCH: it ended by itself meanwhile, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
