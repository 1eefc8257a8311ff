/**
 * Claude Code's own locks around a change of its login: folders, in this order, whose time of change is their holder's
 * sign of life. A refresh holds the first two; every write of the file, a sign-in's and that of an `mcpOAuth` too, holds
 * the last one, a refresh's inside the others. Whoever writes the file without them can undo another's change.
 */
import { join } from "node:path";
import { errorCode } from "../lib/expected-error.ts";
import type { Machine } from "../lib/machine-ports.ts";

/** How often a held lock is touched: the CLI takes over what has not been touched for ten seconds. */
const TOUCH_MS = 3000;
/** How often a lock that somebody else holds is looked at. */
const LOOK_MS = 1000;

/** The locks of a refresh for a configuration folder such as `~/.claude`, in the order in which they are taken. */
export function lockPaths(configFolder: string): readonly string[] {
  return [join(configFolder, ".oauth_refresh.lock"), `${configFolder}.lock`];
}

/** The lock of every write of the credentials file. It is taken after those of a refresh, and never without them. */
export function writeLockPath(configFolder: string): string {
  return join(configFolder, ".storage-write.lock");
}

/** What a holder can ask, right before it makes its change. */
export interface HeldLocks {
  /** Whether all that were taken are still ours: a holder that was stopped for long may have lost them. */
  stillOurs(): Promise<boolean>;
  /**
   * Runs `change` while holding the lock of every write, too. It has to be short: a CLI gives its own write up, and what
   * it was to write, when it has waited for seven seconds (2.1.330).
   * @returns undefined when that lock could not be had in time
   */
  whileWriting<T>(change: () => Promise<T>): Promise<T | undefined>;
}

/**
 * Runs `work` while holding the locks of a refresh. A lock that is not touched for `stealMs`, as seen from here, is taken over: how
 * old it claims to be, or how far in the future, says nothing.
 * @param giveUpMs how long to wait for others
 * @returns undefined when a lock could not be had in time
 */
export async function withClaudeLocks<T>(
  world: Machine,
  configFolder: string,
  times: { readonly stealMs: number; readonly giveUpMs: number },
  work: (locks: HeldLocks) => Promise<T>,
): Promise<T | undefined> {
  const touched = new Map<string, number>();
  const isOurs = async (path: string) => {
    const mtimeMs = (await world.files.state(path))?.mtimeMs;
    return mtimeMs !== undefined && Math.round(mtimeMs) === touched.get(path);
  };
  const stop = world.clock.every(TOUCH_MS, async () => {
    try {
      for (const path of touched.keys()) if (await isOurs(path)) await touch(world, path, touched);
    } catch {
      // Somebody took the lock over in that moment: `stillOurs` says so before anything is changed.
    }
  });
  const takeAlso = async (path: string) => {
    if (!(await take(world, path, times))) return false;
    await touch(world, path, touched);
    return true;
  };
  const release = async (path: string) => {
    if (await isOurs(path)) await world.files.removeFolder(path);
    touched.delete(path);
  };
  const write = writeLockPath(configFolder);
  try {
    for (const path of lockPaths(configFolder)) if (!(await takeAlso(path))) return undefined;
    return await work({
      stillOurs: async () => {
        for (const path of touched.keys()) if (!(await isOurs(path))) return false;
        return true;
      },
      whileWriting: async (change) => {
        if (!(await takeAlso(write))) return undefined;
        try {
          return await change();
        } finally {
          await release(write);
        }
      },
    });
  } finally {
    await stop();
    for (const path of [...touched.keys()].reverse()) await release(path);
  }
}

/**
 * Removes those locks that nobody has touched since they were seen first: for a CLI that was ended leaves its own behind.
 * @param seen what {@link lockTimes} said a while ago
 */
export async function clearStaleLocks(world: Machine, seen: ReadonlyMap<string, number>): Promise<void> {
  for (const [path, mtimeMs] of seen) await removeUntouched(world, path, mtimeMs);
}

/** The times of change of the locks that are held. */
export async function lockTimes(world: Machine, configFolder: string): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for (const path of [...lockPaths(configFolder), writeLockPath(configFolder)]) {
    const state = await world.files.state(path);
    if (state?.kind === "directory") times.set(path, state.mtimeMs);
  }
  return times;
}

async function take(
  world: Machine,
  path: string,
  times: { readonly stealMs: number; readonly giveUpMs: number },
): Promise<boolean> {
  let waited = 0;
  let untouched = 0;
  let last = (await world.files.state(path))?.mtimeMs;
  while (!(await world.files.makeLock(path))) {
    if (waited >= times.giveUpMs) return false;
    await world.clock.sleep(LOOK_MS);
    waited += LOOK_MS;
    const now = (await world.files.state(path))?.mtimeMs;
    untouched = now === last ? untouched + LOOK_MS : 0;
    last = now;
    if (last !== undefined && untouched >= times.stealMs) await removeUntouched(world, path, last);
  }
  return true;
}

/** Two who take over the same lock must not both win: it is moved aside first, and what was moved is looked at again. */
async function removeUntouched(world: Machine, path: string, mtimeMs: number): Promise<void> {
  const { files } = world;
  if ((await files.state(path))?.mtimeMs !== mtimeMs) return;
  const aside = `${path}.${world.random(6)}.stale`;
  try {
    await files.rename(path, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  if ((await files.state(aside))?.mtimeMs === mtimeMs || !(await files.makeLock(path))) {
    await files.removeFolder(aside);
    return;
  }
  // It was touched in that very moment: its holder lives, and gets it back.
  await files.removeFolder(path);
  await files.rename(aside, path);
}

async function touch(world: Machine, path: string, touched: Map<string, number>): Promise<void> {
  const now = world.clock.now();
  await world.files.touch(path, now);
  touched.set(path, now);
}
