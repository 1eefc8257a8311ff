/** Reads regular files without following a link, and says what lies there instead. */
import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { errorCode, ExpectedError } from "./expected-error.ts";

/** What was read at a path that should be a regular file. */
export type FileReading =
  | { readonly kind: "file"; readonly content: Buffer; readonly stat: Stats }
  | { readonly kind: "missing" | "symlink" | "directory" }
  /** `what`: its kind, such as "a named pipe". */
  | { readonly kind: "other"; readonly what: string }
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
    if (code === "ENXIO") return { kind: "other", what: "a socket, or a device without a driver" };
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
  if (!stat.isFile()) return { kind: "other", what: stat.isFIFO() ? "a named pipe" : "a device" };
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
      return `is ${reading.what}, not a regular file`;
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
