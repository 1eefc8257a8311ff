/**
 * The real Claude Code CLI: finds it, starts it, and waits for its end. The CLI is never signalled. A CLI that is ended in
 * the middle of a refresh has sent its single-use refresh token and lost the successor. It may outlive the agent.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  type FileHandle,
} from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { claudeVersion, findClaude, probeArguments, probeEnvironment } from "../claude/command-line.ts";
import { CHEAPEST_MODEL } from "../claude/models.ts";
import type { Claude, ClaudeEnd, ProcessIdentity, RunningClaude } from "../claude/process.ts";
import { userPlaces } from "../contract/agent-places.ts";
import type { AgentConfig } from "./config.ts";

/** The CLI's output is read up to this size. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Returns the CLI of the user of `config`. */
export function realClaude({ home, user, claude }: AgentConfig): Claude {
  const places = userPlaces(home);
  const environment = (extra: Readonly<Record<string, string>> = {}) =>
    probeEnvironment({ name: user, home }, process.env, extra);
  return {
    find: () => findClaude(home, claude),
    version: (path) => claudeVersion(path, environment()),
    start: ({ path, configFolder }) =>
      startProbe({
        claude: path,
        args: probeArguments(CHEAPEST_MODEL.cli),
        env: environment(configFolder === undefined ? {} : { CLAUDE_CONFIG_DIR: configFolder }),
        cwd: places.probe,
        scratch: places.state,
      }),
    lives: async ({ pid, startTicks }) => (await identityOf(pid))?.startTicks === startTicks,
    leftBehind: () => processesIn(places.probe),
  };
}

/** How the CLI is started. */
export interface ProbeRequest {
  readonly claude: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Working folder, made with 0700 and kept empty. It tells the agent's CLIs from the user's. */
  readonly cwd: string;
  /** Folder for the CLI's output; not the working folder. */
  readonly scratch: string;
}

/** Starts the CLI. */
export async function startProbe(request: ProbeRequest): Promise<RunningClaude | { readonly why: string }> {
  const found = await lstat(request.cwd).catch(() => undefined);
  if (found?.isDirectory() === false) await rm(request.cwd);
  await mkdir(request.cwd, { recursive: true, mode: 0o700 });
  await chmod(request.cwd, 0o700);
  // Files, not pipes: a CLI that outlives the agent must not meet a closed pipe in the middle of a refresh.
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
  return {
    process: await identityOf(child.pid),
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

/** Returns the identity of a living process; null when there is none. Field 22 of proc(5)'s stat; a zombie has ended. */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // The second field is a name in brackets. The name may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTicks = fields[19];
  return startTicks === undefined || fields[0] === "Z" ? null : { pid, startTicks };
}

/** Returns this user's processes with the working folder `folder`: CLIs, and what they have started there. */
export async function processesIn(folder: string): Promise<readonly ProcessIdentity[]> {
  const found: ProcessIdentity[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // Other users' processes cannot be read, and a process may end meanwhile.
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => undefined);
    const identity = cwd === folder ? await identityOf(Number(name)) : null;
    if (identity !== null && identity.pid !== process.pid) found.push(identity);
  }
  return found;
}

type ChildEnd = { code: number | null; signal: string | null } | { why: string };

function ended(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) => resolve({ why: error.code ?? error.message }));
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** Opens a file without a name, so that no output stays behind. */
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
