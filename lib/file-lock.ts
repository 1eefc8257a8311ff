/**
 * Locks that the kernel frees with their holder, even after `kill -9`. Node has no flock(2); util-linux's `flock`
 * locks an inherited descriptor, and the lock stays with our open file after it has ended (flock(1), third form).
 */
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { ExpectedError } from "./expected-error.ts";

/** A held lock. Children do not inherit it: Node opens files close-on-exec. */
export interface FileLock {
  release(): Promise<void>;
}

/** `flock -E`: the exit code that says "somebody else holds it". */
const BUSY = 75;

/**
 * Takes the lock on `path`, which is created with mode 0600 when missing and never removed.
 * @param waitSeconds how long to wait for another holder; 0: not at all
 * @returns undefined when another process holds it
 * @throws {ExpectedError} when the file cannot be opened or `flock` is missing
 */
export async function takeLock(path: string, waitSeconds: number): Promise<FileLock | undefined> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  const file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600).catch((error: unknown) => {
    throw new ExpectedError(`The lock file ${path} cannot be opened; check its folder's rights.`, {
      cause: error,
    });
  });
  try {
    const code = await flock(file.fd, waitSeconds);
    if (code === 0) return { release: () => file.close() };
    if (code !== BUSY) throw new ExpectedError(`flock ended with exit code ${code} on ${path}.`);
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

function flock(fd: number, waitSeconds: number): Promise<number | null> {
  const wait = waitSeconds > 0 ? ["-w", String(waitSeconds)] : ["-n"];
  return new Promise((resolve, reject) => {
    // Not by lib/process.ts: execa hands on no open file beyond standard error.
    const child = spawn("flock", ["-x", "-E", String(BUSY), ...wait, "3"], {
      stdio: ["ignore", "ignore", "ignore", fd],
      env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    });
    child.on("error", (error) =>
      reject(
        new ExpectedError("The command flock is missing; install the package util-linux.", { cause: error }),
      ),
    );
    child.on("exit", resolve);
  });
}
