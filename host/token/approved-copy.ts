/** One approved copy of a token file: what is wrong with it on the disk, and how it is written or repaired. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { sha256Of } from "../../lib/sha256.ts";
import { describeReading, octalMode, type FileReading } from "../../lib/regular-file.ts";

/** Names one approved copy. */
export interface ApprovedCopy {
  /** SHA-256 of its content, in hexadecimal. */
  readonly sha256: string;
  /** The user who owns and reads it, in the host's numbers. */
  readonly uid: number;
}

/** Returns what is wrong with the copy, as a clause; undefined when the copy is as the gate stored it, or is missing. */
export function copyFault(reading: FileReading, { sha256, uid }: ApprovedCopy): string | undefined {
  if (reading.kind === "missing") return undefined;
  if (reading.kind !== "file") return describeReading(reading);
  const { content, stat } = reading;
  if (sha256Of(content) !== sha256) return "has been edited";
  if (stat.uid !== uid) return `belongs to user ${stat.uid}`;
  return octalMode(stat) === "0600" ? undefined : `has the mode ${octalMode(stat)} instead of 0600`;
}

/**
 * Writes a copy at `path`. Repairs an existing file in place: a container that mounts the file has that very inode, and
 * would go on reading a damaged one after a replacement.
 * @param reading what lies at `path` now
 */
export async function writeCopy(
  path: string,
  { uid }: ApprovedCopy,
  content: Buffer,
  reading: FileReading,
): Promise<void> {
  const owner = process.getuid?.() === 0 ? { uid, gid: uid } : undefined;
  if (reading.kind !== "file") {
    await writeFileAtomic(path, content, { mode: 0o600, owner });
    return;
  }
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    await file.chmod(0o600);
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    if (!reading.content.equals(content)) {
      await file.write(content, 0, content.length, 0);
      await file.truncate(content.length);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
