/** The user's cache: what was downloaded or built once, under a key that says what from. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { ExpectedError } from "./expected-error.ts";
import { takeLock } from "./file-lock.ts";
import type { Say } from "./say.ts";

/** `$XDG_CACHE_HOME/claude-fleet` or `~/.cache/claude-fleet`; relative values of the variable are ignored, as its specification asks. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_CACHE_HOME;
  return join(base && isAbsolute(base) ? base : join(homedir(), ".cache"), "claude-fleet");
}

/** First 16 hex digits of the sha256 of what something is made from, as JSON. */
export function contentKey(...from: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(from)).digest("hex").slice(0, 16);
}

/** How long to wait for another process that makes the same thing: the slowest takes minutes on two cores. */
const WAIT_SECONDS = 1800;

/**
 * The folder `<cache>/<kind>/<key>`, made by `build` when it is not there yet. `build` fills an empty folder, which
 * is renamed into place when it is whole: an interrupted build leaves nothing that could be taken for a result.
 * Two processes that want the same thing build it once.
 * @returns the folder's absolute path
 */
export async function cached(
  kind: string,
  key: string,
  say: Say,
  build: (folder: string) => Promise<void>,
  cache: string = cacheFolder(),
): Promise<string> {
  const parent = join(cache, kind);
  const folder = join(parent, key);
  if (existsSync(folder)) return folder;
  await mkdir(parent, { recursive: true });
  const lockFile = join(parent, `.${key}.lock`);
  let lock = await takeLock(lockFile, 0);
  if (!lock) {
    say(`waits for another process that makes ${folder}`);
    lock = await takeLock(lockFile, WAIT_SECONDS);
  }
  if (!lock) {
    throw new ExpectedError(
      `Another process has been making ${folder} for ${WAIT_SECONDS / 60} minutes; look for it, end it, and run this again.`,
    );
  }
  try {
    if (existsSync(folder)) return folder;
    await removeLeftovers(parent, key);
    const temporary = join(parent, `.${key}.${process.pid}.tmp`);
    await mkdir(temporary);
    try {
      await build(temporary);
      await rename(temporary, folder);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
    return folder;
  } finally {
    await lock.release();
  }
}

/** Half-made folders of builds that were killed; safe under the lock, which the kernel frees with its holder. */
async function removeLeftovers(parent: string, key: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (name.startsWith(`.${key}.`) && name.endsWith(".tmp")) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
}
