/** Tells states apart in which a host remembers the same: one that was made anew, or put back from a copy, is another. */
import { createHash } from "node:crypto";
import { lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { readTextFile } from "../lib/atomic-file.ts";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/**
 * The same from one look to the next while nothing happens; another one after the host has booted, and once the file, or
 * the folder from which it is gone, was changed. Nobody can set the time that this goes by (inode(7), "ctime").
 * @param path absolute path of what is counted up with each change of the fleet; it need not be there
 * @returns eight hexadecimal digits
 */
export async function bootFingerprint(path: string): Promise<string> {
  const boot = await readTextFile(BOOT_ID, 100).catch(() => undefined);
  const seen = [boot?.trim() ?? "", await changedAt(path)];
  return createHash("sha256").update(seen.join(" ")).digest("hex").slice(0, 8);
}

/** The path, or the nearest folder above it that can be seen, with the nanoseconds since the epoch of its last change. */
async function changedAt(path: string): Promise<string> {
  try {
    return `${path} ${(await lstat(path, { bigint: true })).ctimeNs}`;
  } catch (error) {
    const above = dirname(path);
    if (above === path) throw error;
    return changedAt(above);
  }
}
