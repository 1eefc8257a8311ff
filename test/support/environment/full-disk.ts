/** A folder whose file system is full. */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../../lib/expected-error.ts";
import { printed } from "./run.ts";

/**
 * Runs `work` while a full file system with the folder's content is mounted in the folder's place; then what was there
 * is there again, as it was. Needs root.
 */
export async function withFullDisk<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const shell =
    "t=$(mktemp -d); cp -a $1/. $t/; mount -t tmpfs -o size=512k,mode=700 none $1; cp -a $t/. $1/; rm -rf $t";
  await printed("sh", ["-euc", shell, "sh", folder]);
  try {
    await fill(join(folder, "filling"));
    return await work();
  } finally {
    await printed("umount", ["--lazy", folder]);
  }
}

async function fill(file: string): Promise<void> {
  for (let bytes = 65_536; bytes >= 1;) {
    try {
      await appendFile(file, Buffer.alloc(bytes));
    } catch (error) {
      if (errorCode(error) !== "ENOSPC") throw error;
      bytes = Math.floor(bytes / 2);
    }
  }
}
