/** Finds the processes of this machine that have one of some tokens in their environment; see proc_pid_environ(5). */
import { readdir, readFile, stat } from "node:fs/promises";
import { sha256Of } from "../../lib/sha256.ts";
import { parentOf, startOf } from "../process-stat.ts";

/** Describes a process with a token, without the token itself. */
export type TokenProcess = NonNullable<Awaited<ReturnType<typeof inspect>>>;

/** Variables from which Claude Code and other clients of the API take a token. */
const VARIABLE = /^(?:CLAUDE_CODE_OAUTH_TOKEN|ANTHROPIC_[A-Z0-9_]+)$/;

/**
 * Returns all processes with one of the tokens, except those of this run: a token in the shell that runs `pulumi` is in
 * the environment of everything that `pulumi` starts.
 * @param tokens hexadecimal SHA-256 of each token
 */
export async function processesWith(tokens: ReadonlySet<string>): Promise<readonly TokenProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = (await Promise.all(pids.map((pid) => inspect(pid, tokens)))).flatMap((one) => one ?? []);
  const parents = new Map(await Promise.all(pids.map(async (pid) => [pid, await parentOf(pid)] as const)));
  const mine = new Set(withAncestors(process.pid, parents));
  const holders = new Set(found.map(({ pid }) => pid).filter((pid) => mine.has(pid)));
  return found
    .filter(({ pid }) => !withAncestors(pid, parents).some((ancestor) => holders.has(ancestor)))
    .sort((a, b) => a.pid - b.pid);
}

/** Returns a process and its ancestors. */
function withAncestors(pid: number, parents: ReadonlyMap<number, number | undefined>): readonly number[] {
  const found: number[] = [];
  for (let next: number | undefined = pid; next !== undefined && next > 0 && !found.includes(next);) {
    found.push(next);
    next = parents.get(next);
  }
  return found;
}

/** Returns undefined for a process that has no such token, has ended, or cannot be read by this login. */
async function inspect(pid: number, tokens: ReadonlySet<string>) {
  try {
    const environment = await readFile(`/proc/${pid}/environ`);
    const variable = variableWith(environment, tokens);
    if (variable === undefined) return undefined;
    const [start, command, cgroup, folder] = await Promise.all([
      startOf(pid),
      readFile(`/proc/${pid}/comm`, "utf8"),
      readFile(`/proc/${pid}/cgroup`, "utf8"),
      stat(`/proc/${pid}`),
    ]);
    if (start === undefined) return undefined;
    return {
      pid,
      /** When it started, in the kernel's own unit. Together with the pid it identifies one process for ever. */
      start,
      /** When it started, in RFC 3339 to the second. */
      since: `${folder.ctime.toISOString().slice(0, 19)}Z`,
      uid: folder.uid,
      /** The kernel's short name for it. Its arguments may hold secrets. */
      command: command.trim(),
      /** Name of the variable that holds the token. */
      variable,
      /** Id of the container that it runs in; undefined outside of a container. */
      container: /[0-9a-f]{64}/.exec(cgroup)?.[0],
    };
  } catch {
    return undefined;
  }
}

function variableWith(environment: Buffer, tokens: ReadonlySet<string>): string | undefined {
  for (const entry of environment.toString("latin1").split("\0")) {
    const split = entry.indexOf("=");
    const name = entry.slice(0, split);
    if (split < 0 || !VARIABLE.test(name)) continue;
    if (tokens.has(sha256Of(Buffer.from(entry.slice(split + 1).trim(), "latin1")))) return name;
  }
  return undefined;
}
