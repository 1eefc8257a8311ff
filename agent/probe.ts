/**
 * Starts the real CLI and waits for its end. The CLI is never signalled: one that is ended in the middle of a refresh
 * has sent its single-use refresh token and lost the successor. It outlives us if it must.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readdir, readFile, readlink, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClaudeEnd, ProcessMark, RunningClaude } from "../claude/process.ts";

/** How a CLI is asked. */
export interface ProbeRequest {
  readonly claude: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Working folder, made with 0700 and kept empty: it also tells the agent's own CLIs from the user's. */
  readonly cwd: string;
  /** Folder for what the CLI says; not the working folder. */
  readonly scratch: string;
}

/** What the CLI may say before the rest is not looked at. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Asks the CLI. */
export async function startProbe(request: ProbeRequest): Promise<RunningClaude | { readonly why: string }> {
  await mkdir(request.cwd, { recursive: true, mode: 0o700 });
  await chmod(request.cwd, 0o700);
  // Files, not pipes: a CLI that outlives us must not meet a closed pipe in the middle of a refresh.
  const stdout = await nameless(request.scratch);
  const stderr = await nameless(request.scratch);
  // Not by lib/process.ts: nothing may keep a handle on this process that could end it.
  const child = spawn(request.claude, request.args, {
    cwd: request.cwd,
    env: { ...request.env },
    detached: true,
    stdio: ["ignore", stdout.fd, stderr.fd],
  });
  const end = ended(child);
  const close = async () => {
    await stdout.close();
    await stderr.close();
  };
  if (child.pid === undefined) {
    const failed = await end;
    await close();
    return { why: "why" in failed ? failed.why : "it has no process" };
  }
  const { pid } = child;
  return {
    mark: await markOf(pid),
    async end(waitMs): Promise<ClaudeEnd> {
      try {
        const first = await Promise.race([end, sleep(waitMs, "late" as const, { ref: false })]);
        if (first === "late" || "why" in first) {
          child.unref();
          return { kind: "late" };
        }
        return { kind: "ended", ...first, stdout: await contentOf(stdout), stderr: await contentOf(stderr) };
      } finally {
        await close();
      }
    },
  };
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

/** This user's processes whose working folder is `folder`: CLIs of a run that ended before it could note them down. */
export async function processesIn(folder: string): Promise<readonly ProcessMark[]> {
  const marks: ProcessMark[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // Other users' processes, and those that end meanwhile, cannot be looked into.
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => undefined);
    const mark = cwd === folder ? await markOf(Number(name)) : null;
    if (mark !== null && mark.pid !== process.pid) marks.push(mark);
  }
  return marks;
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
  const path = join(folder, `.claude-auth-sync.${randomBytes(6).toString("hex")}.tmp`);
  const file = await open(path, "wx+", 0o600);
  await rm(path);
  return file;
}

async function contentOf(file: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(MAX_OUTPUT_BYTES);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  return buffer.subarray(0, bytesRead).toString("utf8");
}
