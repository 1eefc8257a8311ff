/**
 * Locks that the kernel releases when their holder ends, even after `kill -9`. Node has no flock(2). The `flock` program
 * of util-linux locks an inherited descriptor, and the lock stays with our open file (flock(1), third form).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { errorCode, ExpectedError } from "./expected-error.ts";

/** A held lock. Child processes do not inherit it, because Node opens files close-on-exec. */
export interface FileLock {
  release(): Promise<void>;
}

/** The exit code of `flock -E` when another process holds the lock. */
const BUSY = 75;

/**
 * Takes the lock on `path`. Creates the file (0600) when it is missing, and never removes it.
 * @param waitSeconds how long to wait for another holder; 0 for not at all
 * @returns undefined when another process holds it
 * @throws {ExpectedError} when the file cannot be opened or `flock` is missing
 */
export async function takeLock(path: string, waitSeconds: number): Promise<FileLock | undefined> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  const file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600).catch((error: unknown) => {
    throw new ExpectedError(
      `The lock file ${path} cannot be opened (${errorCode(error)}); check its folder's rights.`,
      { cause: error },
    );
  });
  try {
    const code = await flock(file.fd, waitSeconds);
    if (code === 0) return { release: () => file.close() };
    if (code !== BUSY)
      throw new ExpectedError(
        `flock failed on ${path} with exit code ${code}; check the file system of that path.`,
      );
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

async function flock(fd: number, waitSeconds: number): Promise<number | null> {
  const wait = waitSeconds > 0 ? ["-w", String(waitSeconds)] : ["-n"];
  // Not by lib/process.ts: execa hands on no open file beyond standard error.
  const child = spawn("flock", ["-x", "-E", String(BUSY), ...wait, "3"], {
    stdio: ["ignore", "ignore", "ignore", fd],
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
  });
  const end = await once(child, "exit").catch((cause: unknown) => {
    throw new ExpectedError("The command flock is missing; install the package util-linux.", { cause });
  });
  return end[0] as number | null;
}
