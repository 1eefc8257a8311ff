/** The CLI's locks: folders that their holder touches, and that others take over when they are not touched. */
import type { CliPort } from "./claude-port.ts";

/** A held lock. */
export interface CliLock {
  /** Whether its holder has seen that another process took it over. */
  isLost(): boolean;
  release(): Promise<void>;
}

/**
 * Takes one lock.
 * @param patienceMs how long to wait for its holder
 * @returns undefined when the lock could not be taken in time
 */
export async function takeCliLock(
  cli: CliPort,
  path: string,
  staleMs: number,
  patienceMs: number,
): Promise<CliLock | undefined> {
  const since = cli.now();
  for (;;) {
    if (await cli.files.makeLock(path)) break;
    const state = await cli.files.state(path);
    // The CLI measures the age by the host's clock. A time in the future therefore never makes a lock stale.
    if (state !== undefined && cli.wallClock() - state.mtimeMs >= staleMs) {
      await cli.files.removeFolder(path);
      continue;
    }
    if (cli.now() - since >= patienceMs) return undefined;
    await cli.sleep(800);
  }
  let held = true;
  let lost = false;
  let touched = (await cli.files.state(path))?.mtimeMs;
  const keepAlive = async (): Promise<void> => {
    await cli.sleep(Math.min(5000, staleMs / 2));
    if (!held) return;
    lost = (await cli.files.state(path))?.mtimeMs !== touched;
    if (lost || !held) return;
    touched = cli.wallClock();
    await cli.files.touch(path, touched);
    await keepAlive();
  };
  void keepAlive().catch(() => (lost = true));
  return {
    isLost: () => lost,
    async release() {
      held = false;
      if (!lost) await cli.files.removeFolder(path);
    },
  };
}
