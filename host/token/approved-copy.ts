/** Whether an immutable copy is as the gate left it, and how one that is not becomes so again. */
import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { octalMode, writeFileAtomic, type FileReading } from "../../lib/atomic-file.ts";
import { sha256Of } from "../../lib/sha256.ts";

/** What is wrong with what was read in a copy's place, as a clause; undefined when nothing is, or it is missing. */
export function copyFault(reading: FileReading, { sha256, uid }: ApprovedCopy): string | undefined {
  if (reading.kind === "missing") return undefined;
  if (reading.kind === "unreadable") return `cannot be read (${reading.why})`;
  if (reading.kind !== "file") return `is a ${reading.kind} instead of a file`;
  const { content, stat } = reading;
  if (sha256Of(content) !== sha256) return "has been edited";
  if (stat.uid !== uid) return `belongs to user ${stat.uid}`;
  return octalMode(stat) === "0600" ? undefined : `has the mode ${octalMode(stat)} instead of 0600`;
}

/**
 * Makes a copy whole. A file is mended where it lies: a container that mounts it has that very inode, and would go on with
 * a damaged one that was replaced.
 */
export async function writeCopy(
  path: string,
  { uid }: ApprovedCopy,
  content: Buffer,
  reading: FileReading,
): Promise<void> {
  const owner = process.getuid?.() === 0 ? { uid, gid: uid } : undefined;
  if (reading.kind !== "file") {
    await writeFileAtomic(path, content, { mode: 0o600, ...(owner === undefined ? {} : { owner }) });
    return;
  }
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    await file.chmod(0o600);
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    if (!reading.content.equals(content)) await overwrite(file, content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function overwrite(file: FileHandle, content: Buffer): Promise<void> {
  await file.write(content, 0, content.length, 0);
  await file.truncate(content.length);
}

/** One copy. */
export interface ApprovedCopy {
  readonly sha256: string;
  readonly uid: number;
}
