/** A file or folder that the fleet keeps on a workstation, and what may be wrong with it. */
import { lstat, readdir } from "node:fs/promises";
import { errorCode } from "../../lib/expected-error.ts";
import { octalMode } from "../../lib/regular-file.ts";
import type { HostSystem } from "../system.ts";
import type { PathFault } from "./system-paths.ts";

/**
 * A place of the fleet. `content` says where a new file gets its content from. `known` is written again by every apply and
 * repair. `kept` is copied. `foreign` is what others have put beside the fleet's units; only who can write it counts.
 */
export interface OwnPlace {
  readonly path: string;
  readonly kind: "file" | "folder" | "link";
  readonly mode: number;
  readonly content: "known" | "kept" | "foreign";
}

/** Returns the place of a folder, which others may read. */
export function ownFolder(path: string): OwnPlace {
  return { path, kind: "folder", mode: 0o755, content: "known" };
}

/** Returns the place of a file. */
export function ownFile(path: string, mode: number, content: OwnPlace["content"] = "known"): OwnPlace {
  return { path, kind: "file", mode, content };
}

/** Returns the names in a folder; none when it is missing. */
export async function readNames(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return [];
    throw error;
  });
}

/** Returns what is wrong with the kind, owner, group and mode of a place. None where nothing lies. */
export async function ownFaults(
  { owner }: Pick<HostSystem, "owner">,
  { path, kind, mode, content }: OwnPlace,
): Promise<readonly PathFault[]> {
  const found = await lstat(path).catch((error: unknown) => {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return undefined;
    throw error;
  });
  if (found === undefined) return [];
  const whys: string[] = [];
  const { uid, gid } = found;
  if (uid !== owner.uid || gid !== owner.gid)
    whys.push(`belongs to uid ${uid} and gid ${gid} instead of root`);
  const is = found.isFile()
    ? "file"
    : found.isDirectory()
      ? "folder"
      : found.isSymbolicLink()
        ? "link"
        : "other";
  const linked = content === "foreign" && is === "link";
  if (is !== kind && !linked)
    whys.push(is === "link" ? `is a symbolic link instead of a ${kind}` : `is no ${kind}`);
  else if (is !== "link" && wrongMode(found.mode & 0o7777, mode, content)) {
    whys.push(`has the mode ${octalMode(found)} instead of ${octalMode({ mode })}`);
  }
  return whys.map((why) => ({ path, why }));
}

/** An administrator may have chosen another mode for a foreign file, as long as only root can write it. */
function wrongMode(found: number, wanted: number, content: OwnPlace["content"]): boolean {
  return content === "foreign" ? (found & 0o022) !== 0 : found !== wanted;
}
