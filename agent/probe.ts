/**
 * One real inference by the real CLI. The CLI is never signalled: one that is ended in the middle of a refresh has
 * sent its single-use refresh token and lost the successor. It outlives us if it must.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** How a CLI is asked. */
export interface ProbeRequest {
  readonly claude: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Working folder, made with 0700 and kept empty. */
  readonly cwd: string;
  /** Folder for what the CLI says; not the working folder. */
  readonly scratch: string;
  /** How long to wait before the CLI is left to itself. */
  readonly waitSeconds: number;
}

/** A process that cannot be mistaken for another: its number, and when the kernel started it. */
export interface ProcessMark {
  readonly pid: number;
  readonly startTicks: string;
}

/** How a probe ended. `stuck`: the CLI lives on. */
export type ProbeEnd =
  | {
      readonly kind: "ended";
      readonly code: number | null;
      readonly signal: string | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly kind: "stuck"; readonly mark: ProcessMark | null }
  | { readonly kind: "not-started"; readonly why: string };

/** What the CLI may say before the rest is not looked at. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Asks the CLI and waits for its end. */
export async function probe(request: ProbeRequest): Promise<ProbeEnd> {
  await mkdir(request.cwd, { recursive: true, mode: 0o700 });
  await chmod(request.cwd, 0o700);
  // Files, not pipes: a CLI that outlives us must not meet a closed pipe in the middle of a refresh.
  const stdout = await nameless(request.scratch);
  const stderr = await nameless(request.scratch);
  try {
    const child = spawn(request.claude, request.args, {
      cwd: request.cwd,
      env: { ...request.env },
      detached: true,
      stdio: ["ignore", stdout.fd, stderr.fd],
    });
    const end = await Promise.race([
      ended(child),
      sleep(request.waitSeconds * 1000, "late" as const, { ref: false }),
    ]);
    if (end === "late") {
      child.unref();
      return { kind: "stuck", mark: child.pid === undefined ? null : await markOf(child.pid) };
    }
    if ("why" in end) return { kind: "not-started", why: end.why };
    return { kind: "ended", ...end, stdout: await contentOf(stdout), stderr: await contentOf(stderr) };
  } finally {
    await stdout.close();
    await stderr.close();
  }
}

/** Waits until a CLI that an earlier run left behind has ended. @returns whether it has */
export async function awaitFormer(mark: ProcessMark, waitSeconds: number): Promise<boolean> {
  const deadline = Date.now() + waitSeconds * 1000;
  while ((await markOf(mark.pid))?.startTicks === mark.startTicks) {
    if (Date.now() >= deadline) return false;
    await sleep(1000);
  }
  return true;
}

/** The mark of a living process; null when there is none. Field 22 of proc(5)'s stat; a zombie has ended. */
export async function markOf(pid: number): Promise<ProcessMark | null> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // The second field is a name in brackets, which may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTicks = fields[19];
  return startTicks === undefined || fields[0] === "Z" ? null : { pid, startTicks };
}

type ChildEnd = { code: number | null; signal: string | null } | { why: string };

function ended(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) => resolve({ why: error.code ?? error.message }));
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** A file without a name: whatever happens, no output stays behind. */
async function nameless(folder: string): Promise<FileHandle> {
  const path = join(folder, `.probe.${randomBytes(6).toString("hex")}`);
  const file = await open(path, "wx+", 0o600);
  await rm(path);
  return file;
}

async function contentOf(file: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(MAX_OUTPUT_BYTES);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  return buffer.subarray(0, bytesRead).toString("utf8");
}
