/**
 * Claude Code's own locks. They are folders, and the holder touches them as a sign of life. A refresh holds the two refresh
 * locks. Every write of the credentials file holds the write lock: a refresh inside the refresh locks, a sign-in and a write
 * of `mcpOAuth` alone. A process that writes the file without them can undo another change.
 */
import { join } from "node:path";
import { errorCode } from "../lib/expected-error.ts";
import type { Machine } from "../lib/machine-ports.ts";

/** How often a held lock is touched. The CLI takes over a lock that was not touched for ten seconds. */
const TOUCH_MS = 3000;
/** How often another holder's lock is checked. */
const CHECK_MS = 1000;

/** Returns the refresh locks of a configuration folder such as `~/.claude`, in the order in which they are taken. */
export function lockPaths(configFolder: string): readonly string[] {
  return [join(configFolder, ".oauth_refresh.lock"), `${configFolder}.lock`];
}

/** Returns the write lock. It is taken after the refresh locks, and never without them. */
export function writeLockPath(configFolder: string): string {
  return join(configFolder, ".storage-write.lock");
}

/** What the holder of the locks can ask right before its change. */
export interface HeldLocks {
  /** Whether all taken locks are still this process's. A process that was stopped for long may have lost them. */
  stillOurs(): Promise<boolean>;
  /**
   * Runs `change` while holding the write lock, too. The change must be short: a CLI gives its own write up after seven
   * seconds (2.1.330).
   * @returns undefined when the write lock could not be taken in time
   */
  whileWriting<T>(change: () => Promise<T>): Promise<T | undefined>;
}

/** `stealMs`: time without a touch after which a lock is stale. `giveUpMs`: how long to wait for a lock. */
type LockTimes = Readonly<Record<"stealMs" | "giveUpMs", number>>;

/**
 * Runs `work` while holding the refresh locks. A lock that is not touched for `stealMs` is taken over. This process measures
 * that time: the lock's own time stamp may be wrong.
 * @returns undefined when a lock could not be taken in time
 */
export async function withClaudeLocks<T>(
  world: Machine,
  configFolder: string,
  times: LockTimes,
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
      // Another process took the lock over at this moment. `stillOurs` says so before anything is changed.
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
 * Removes locks that were not touched since they were seen. A CLI that was killed leaves its locks behind.
 * @param seen what {@link lockTimes} returned some time ago
 */
export async function clearStaleLocks(world: Machine, seen: ReadonlyMap<string, number>): Promise<void> {
  for (const [path, mtimeMs] of seen) await removeUntouched(world, path, mtimeMs);
}

/** Returns the locks that are held now, with the times of their last touch. */
export async function lockTimes(world: Machine, configFolder: string): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for (const path of [...lockPaths(configFolder), writeLockPath(configFolder)]) {
    const state = await world.files.state(path);
    if (state?.kind === "directory") times.set(path, state.mtimeMs);
  }
  return times;
}

async function take(world: Machine, path: string, times: LockTimes): Promise<boolean> {
  let waited = 0;
  let untouched = 0;
  let last = (await world.files.state(path))?.mtimeMs;
  while (!(await world.files.makeLock(path))) {
    if (waited >= times.giveUpMs) return false;
    await world.clock.sleep(CHECK_MS);
    waited += CHECK_MS;
    const now = (await world.files.state(path))?.mtimeMs;
    untouched = now === last ? untouched + CHECK_MS : 0;
    last = now;
    if (last !== undefined && untouched >= times.stealMs) await removeUntouched(world, path, last);
  }
  return true;
}

/** Two processes must not both take over one lock. The lock is therefore moved aside first and then checked again. */
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
  // The holder is alive and touched the lock at this moment. It gets the lock back.
  await files.removeFolder(path);
  await files.rename(aside, path);
}

async function touch(world: Machine, path: string, touched: Map<string, number>): Promise<void> {
  const now = world.clock.now();
  await world.files.touch(path, now);
  touched.set(path, now);
}
