/** Implements the file-system steps of lib/machine-ports.ts on the real file system. */
import { constants, type Stats } from "node:fs";
import { chmod, lstat, mkdir, open, readdir, rename, rm, rmdir, utimes } from "node:fs/promises";
import { syncFolder } from "../lib/atomic-file.ts";
import { errorCode } from "../lib/expected-error.ts";
import { ownTarget } from "../claude/credentials.ts";
import type { Files, PathState, Reading } from "../lib/machine-ports.ts";
import { readRegularFile } from "../lib/regular-file.ts";

/** See {@link Files}. */
export const realFiles: Files = {
  async read(path, maxBytes): Promise<Reading> {
    const reading = await readRegularFile(path, maxBytes);
    if (reading.kind !== "file") return reading;
    return { kind: "file", text: reading.content.toString("utf8"), mode: reading.stat.mode & 0o7777 };
  },
  ownTarget,
  async state(path) {
    try {
      return stateOf(await lstat(path));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  },
  async list(folder) {
    try {
      return await readdir(folder);
    } catch {
      // A folder that cannot be read counts as empty.
      return [];
    }
  },
  async create(path, text) {
    const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
    const file = await open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  },
  async sync(path) {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename,
  syncFolder,
  async append(path, text) {
    const { O_CREAT, O_APPEND, O_WRONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
    const flags = O_CREAT | O_APPEND | O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    const file = await open(path, flags, 0o600);
    try {
      if (!(await file.stat()).isFile())
        throw Object.assign(new Error("not a regular file"), { code: "ENXIO" });
      await file.appendFile(text);
    } finally {
      await file.close();
    }
  },
  remove: (path) => rm(path, { force: true }),
  chmod,
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async makeLock(path) {
    try {
      await mkdir(path);
      return true;
    } catch (error) {
      if (errorCode(error) === "EEXIST") return false;
      throw error;
    }
  },
  async removeFolder(path) {
    try {
      await rmdir(path);
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  },
  touch: (path, milliseconds) => utimes(path, milliseconds / 1000, milliseconds / 1000),
};

function stateOf(found: Stats): PathState {
  const kind = found.isFile()
    ? "file"
    : found.isDirectory()
      ? "directory"
      : found.isSymbolicLink()
        ? "symlink"
        : "other";
  return { kind, mode: found.mode & 0o7777, size: found.size, mtimeMs: found.mtimeMs };
}

function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR"].includes(errorCode(error));
}
