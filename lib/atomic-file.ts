/** Writes files atomically, so that a reader sees the whole old or the whole new one. Reads files without following a link. */
import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { open, readdir, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode, ExpectedError } from "./expected-error.ts";

/** Mode and owner of a written file. Without `owner` the file belongs to the user of this process. */
export interface FileAttributes {
  /** As `chmod` takes it, such as `0o600`. The umask does not change it. */
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * Replaces `path` by a file with this content: writes a temporary file beside it, then fsync, rename, fsync of the folder.
 * Replaces a link at `path` and does not follow it.
 * @throws the system's error; the temporary file is then removed
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  attributes: FileAttributes,
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  try {
    const file = await open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
    try {
      if (attributes.owner) await file.chown(attributes.owner.uid, attributes.owner.gid);
      await file.writeFile(content);
      await file.chmod(attributes.mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Removes the temporary files that killed writers of these files have left. Call it only where no writer can be at work. */
export async function removeTemporaries(paths: readonly string[]): Promise<void> {
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    const own = new Set(paths.filter((path) => dirname(path) === folder).map((path) => basename(path)));
    const names = await readdir(folder).catch((error: unknown) => {
      if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return [];
      throw error;
    });
    for (const name of names) {
      const made = /^\.(.+)\.[0-9a-f]{12}\.tmp$/.exec(name)?.[1];
      if (made !== undefined && own.has(made)) await rm(join(folder, name), { force: true });
    }
  }
}

/** Makes a rename or a removal in `folder` survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What was read at a path that should be a regular file. */
export type FileReading =
  | { readonly kind: "file"; readonly content: Buffer; readonly stat: Stats }
  | { readonly kind: "missing" | "symlink" | "directory" | "other" }
  | { readonly kind: "unreadable"; readonly why: string };

/**
 * Reads a regular file of at most `maxBytes`. Does not follow a link at the last component, and does not wait for a device
 * or pipe. Never throws for what lies there: the kind says it.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<FileReading> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle;
  try {
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing" };
    if (code === "ELOOP") return { kind: "symlink" };
    if (code === "ENXIO") return { kind: "other" };
    return { kind: "unreadable", why: code || "it cannot be opened" };
  }
  try {
    return await readOpened(file, maxBytes);
  } catch (error) {
    return { kind: "unreadable", why: errorCode(error) || "it cannot be read" };
  } finally {
    await file.close();
  }
}

async function readOpened(file: FileHandle, maxBytes: number): Promise<FileReading> {
  const stat = await file.stat();
  if (stat.isDirectory()) return { kind: "directory" };
  if (!stat.isFile()) return { kind: "other" };
  // One byte more than allowed, because a file may grow while it is read, and /proc reports no sizes.
  const buffer = Buffer.alloc(Math.min(stat.size, maxBytes) + 1);
  let content = Buffer.alloc(0);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return { kind: "file", content, stat };
    content = Buffer.concat([content, buffer.subarray(0, bytesRead)]);
    if (content.length > maxBytes) return { kind: "unreadable", why: `it is larger than ${maxBytes} bytes` };
  }
}

/** Says in one clause what was read in the place of a regular file, such as "is a symbolic link, not a regular file". */
export function describeReading(reading: Exclude<FileReading, { kind: "file" }>): string {
  switch (reading.kind) {
    case "missing":
      return "is missing";
    case "symlink":
      return "is a symbolic link, not a regular file";
    case "directory":
      return "is a folder, not a regular file";
    case "other":
      return "is a device, pipe or socket, not a regular file";
    case "unreadable":
      return `cannot be read (${reading.why})`;
  }
}

/**
 * Returns the text of a regular file of at most `maxBytes`; undefined when it is missing.
 * @throws {ExpectedError} for everything else that lies there
 */
export async function readTextFile(path: string, maxBytes: number): Promise<string | undefined> {
  const reading = await readRegularFile(path, maxBytes);
  if (reading.kind === "file") return reading.content.toString("utf8");
  if (reading.kind === "missing") return undefined;
  throw new ExpectedError(
    `${path} ${describeReading(reading)}; remove it, or put a readable file in its place.`,
  );
}

/** Returns a file's mode as octal text, such as `"0600"`. */
export function octalMode(stat: Pick<Stats, "mode">): string {
  return (stat.mode & 0o7777).toString(8).padStart(4, "0");
}
