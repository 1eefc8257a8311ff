/**
 * The host's lock: one change of a host at a time. It lies in a folder of root, so that no user can hold it. Former versions
 * lock a file in `/run/lock`, where every user may create files. Their lock is taken, too, so that none runs beside this one.
 */
import { randomBytes } from "node:crypto";
import { lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExpectedError, errorCode } from "../lib/expected-error.ts";
import { takeLock, type FileLock } from "../lib/file-lock.ts";

/** Where the locks lie. `owner`: the only account whose files are trusted. */
export interface LockPlaces {
  readonly folder: string;
  /** The lock file of former versions. */
  readonly former: string;
  readonly owner: number;
}

export const HOST_LOCK: LockPlaces = {
  folder: "/run/claude-fleet",
  former: "/run/lock/claude-fleet.lock",
  owner: 0,
};

/** Attempts to put a file of root in the place of a user's, while that user creates another again and again. */
const ATTEMPTS = 20;

/**
 * Takes both locks. Returns undefined when another change of this host holds one of them for `waitSeconds`.
 * @throws {ExpectedError} when the folder is not root's own
 */
export async function takeHostLock(places: LockPlaces, waitSeconds: number): Promise<FileLock | undefined> {
  const { folder, owner } = places;
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (errorCode(error) !== "EEXIST") throw error;
  });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== owner || (found.mode & 0o022) !== 0) {
    throw new ExpectedError(`${folder} is not a folder that only root can write; remove it on the host.`);
  }
  const until = performance.now() + waitSeconds * 1000;
  const lock = await takeLock(join(folder, "lock"), waitSeconds);
  if (lock === undefined) return undefined;
  try {
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    const former = await takeFormerLock(places, left);
    if (former === "held") {
      await lock.release();
      return undefined;
    }
    return {
      release: async () => {
        await former?.release();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Takes the lock of former versions. They create their file as root with the mode 0600, so that no user can open and hold
 * it. Anything else in its place is a user's: it is replaced, and who holds it is not waited for.
 * @returns undefined when a user always creates something again. No former version can open its lock file then.
 */
async function takeFormerLock(
  { former, owner }: LockPlaces,
  waitSeconds: number,
): Promise<FileLock | "held" | undefined> {
  await mkdir(dirname(former), { recursive: true, mode: 0o755 });
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await isOwn(former, owner)) return (await takeLock(former, waitSeconds)) ?? "held";
    await putOwnFile(former);
  }
  return undefined;
}

/** Whether only root can have opened the file at `path`. A second name could lead to a file that another program locks. */
async function isOwn(path: string, owner: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return false;
  return found.isFile() && found.uid === owner && found.nlink === 1 && (found.mode & 0o077) === 0;
}

/** Puts an empty file of root (0600) at `path`. Follows no link, and moves a folder aside. */
async function putOwnFile(path: string): Promise<void> {
  const beside = `${path}.${randomBytes(8).toString("hex")}`;
  await (await open(beside, "wx", 0o600)).close();
  try {
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    if (!["EISDIR", "ENOTDIR", "ENOTEMPTY", "EEXIST"].includes(errorCode(error))) throw error;
    await rename(path, `${beside}.replaced`).catch(() => undefined);
  }
}
