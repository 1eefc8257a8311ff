/** A fingerprint that changes when a host is rebuilt or restored from a copy. */
import { lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { sha256Of } from "../lib/sha256.ts";
import { readTextFile } from "../lib/regular-file.ts";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/**
 * Returns a fingerprint of the boot and of the counter's last change. It is stable while nothing happens. It changes when
 * the host boots, and when the file, or the folder from which it is missing, changes. It depends on a time
 * that no user can set (inode(7), "ctime").
 * @param path absolute path of a counter that each change of the fleet increases; the file may be missing
 * @returns eight hexadecimal digits
 */
export async function bootFingerprint(path: string): Promise<string> {
  const boot = await readTextFile(BOOT_ID, 100).catch(() => undefined);
  return sha256Of(`${boot?.trim() ?? ""} ${await changedAt(path)}`).slice(0, 8);
}

/** Returns the path, or the nearest existing folder above it, with the nanoseconds since the epoch of its last change. */
async function changedAt(path: string): Promise<string> {
  try {
    return `${path} ${(await lstat(path, { bigint: true })).ctimeNs}`;
  } catch (error) {
    const above = dirname(path);
    if (above === path) throw error;
    return changedAt(above);
  }
}
