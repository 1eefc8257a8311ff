/** Writes files atomically: a reader sees the whole old file or the whole new one. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "./expected-error.ts";

/** Mode and owner of a written file. Without `owner` the file belongs to the user of this process. */
export interface FileAttributes {
  /** As `chmod` takes it, such as `0o600`. The umask does not change it. */
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
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
