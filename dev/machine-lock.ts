/** One thing at a time on this machine, whichever checkout's environment does it. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../lib/cache.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { takeLock } from "../lib/file-lock.ts";

/** Seconds to wait for another environment: its Docker engine takes up to a minute, installing packages takes several. */
const WAIT_SECONDS = 600;

/**
 * Runs `task` while no other environment of this user runs one.
 * @throws {ExpectedError} when another one is at work for too long
 */
export async function aloneOnMachine<T>(task: () => Promise<T>): Promise<T> {
  await mkdir(cacheFolder(), { recursive: true });
  const file = join(cacheFolder(), "machine.lock");
  const lock = await takeLock(file, WAIT_SECONDS);
  if (lock === undefined) {
    throw new ExpectedError(
      `Another environment has held ${file} for ${WAIT_SECONDS / 60} minutes; find it by \`fuser ${file}\`, end it, and run this again.`,
    );
  }
  try {
    return await task();
  } finally {
    await lock.release();
  }
}
