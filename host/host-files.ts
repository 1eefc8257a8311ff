/** The files that a plan puts on a workstation: whose they are, whether they differ, writing and removing them. */
import { mkdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { octalMode, readRegularFile, writeFileAtomic } from "../lib/atomic-file.ts";
import { errorCode } from "../lib/expected-error.ts";
import { sha256Of } from "../lib/sha256.ts";
import { UNIT_FOLDER } from "../plan/units/names.ts";
import type { HostFile } from "../contract/fields.ts";
import type { RulesObservation } from "../contract/monitoring-rules.ts";
import { type HostSystem } from "./system.ts";
import { hostPlaces } from "./places.ts";

const MAX_FILE_BYTES = 1024 * 1024;
/** Every file that the fleet writes names it in its first lines. */
const HEADER = /claude-fleet/;
const HEADER_LINES = 5;

/** Digest and rights of each file; null where no regular file is. */
export async function observeFiles(
  system: HostSystem,
  files: readonly HostFile[],
): Promise<RulesObservation["files"]> {
  const found: RulesObservation["files"] = [];
  for (const { path } of files) {
    const reading = await readRegularFile(hostPlaces(system).at(path), MAX_FILE_BYTES);
    found.push(
      reading.kind === "file"
        ? {
            path,
            sha256: sha256Of(reading.content),
            mode: octalMode(reading.stat),
            foreign: !isOurs(reading.content.toString("utf8")),
          }
        : { path, sha256: null, mode: null, foreign: reading.kind !== "missing" },
    );
  }
  return found;
}

/** Something in a file's place that no claude-fleet has written. */
export interface ForeignFile {
  readonly path: string;
  /** Undefined when it is no regular file, or one that is too large. */
  readonly content: Buffer | undefined;
}

/** All that lies in the place of a file of the plan and is neither of `ownPaths` nor written by any claude-fleet. */
export async function foreignFiles(
  system: HostSystem,
  files: readonly HostFile[],
  ownPaths: ReadonlySet<string>,
): Promise<readonly ForeignFile[]> {
  const found: ForeignFile[] = [];
  for (const { path } of files) {
    if (ownPaths.has(path)) continue;
    const reading = await readRegularFile(hostPlaces(system).at(path), MAX_FILE_BYTES);
    if (reading.kind === "missing") continue;
    if (reading.kind !== "file") found.push({ path, content: undefined });
    else if (!isOurs(reading.content.toString("utf8"))) found.push({ path, content: reading.content });
  }
  return found;
}

/** What such a file means where it may not be taken over. */
export function foreignFileProblem({ path }: ForeignFile): string {
  return `${path} is there already and is not claude-fleet's; move it away, or set \`adopt: true\` to take it over.`;
}

/**
 * Keeps a copy of what is about to be replaced, under its own path: drop-ins of several units have one name.
 * @returns the copy's path; undefined where there was no text to keep
 */
export async function keepForeignFile(
  system: HostSystem,
  { path, content }: ForeignFile,
): Promise<string | undefined> {
  if (content === undefined) return undefined;
  const copy = join("/var/lib/claude-fleet/replaced", path);
  await mkdir(hostPlaces(system).at(dirname(copy)), { recursive: true, mode: 0o755 });
  await writeFileAtomic(hostPlaces(system).at(copy), content, { mode: 0o600, owner: system.owner });
  return copy;
}

function isOurs(content: string): boolean {
  return HEADER.test(content.split("\n", HEADER_LINES).join("\n"));
}

/** Writes those files that differ. @returns the paths that changed */
export async function writeHostFiles(
  system: HostSystem,
  files: readonly HostFile[],
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const file of files) if (await writeHostFile(system, file)) changed.push(file.path);
  return changed;
}

/** Writes one file if it differs, and its folder if it is missing. @returns whether it changed */
export async function writeHostFile(system: HostSystem, file: HostFile): Promise<boolean> {
  const path = hostPlaces(system).at(file.path);
  const reading = await readRegularFile(path, MAX_FILE_BYTES);
  if (reading.kind === "file") {
    const { uid, gid } = reading.stat;
    const same = reading.content.toString("utf8") === file.content && octalMode(reading.stat) === file.mode;
    if (same && uid === system.owner.uid && gid === system.owner.gid) return false;
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFileAtomic(path, file.content, { mode: Number.parseInt(file.mode, 8), owner: system.owner });
  return true;
}

/** Removes a file, and its folder if that is a unit's drop-in folder and empty then. @returns whether it was there */
export async function removeHostFile(system: HostSystem, path: string): Promise<boolean> {
  const full = hostPlaces(system).at(path);
  let removed = true;
  try {
    await rm(full);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    removed = false;
  }
  if (dirname(path).startsWith(`${UNIT_FOLDER}/`)) await removeEmptyFolder(dirname(full));
  return removed;
}

/** Removes `folder` if it is empty. Nothing happens when it is missing. */
export async function removeEmptyFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(errorCode(error))) throw error;
  }
}
