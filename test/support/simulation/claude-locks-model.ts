/** Folders that the CLI makes for locks: kept alive by their time of change, taken over when that stands still. */
import type { CliPort } from "./claude-port.ts";

/** A held lock. */
export interface CliLock {
  /** It was seen that somebody else has taken it over. */
  isLost(): boolean;
  release(): Promise<void>;
}

/**
 * Takes one lock.
 * @param patienceMs how long to wait for its holder
 * @returns undefined when it was not to be had
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
    // The age is told by the host's clock, as the real one tells it; a future time is therefore no sign of death.
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
