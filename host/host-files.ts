/** Observes, writes and removes the files that a plan puts on a host. */
import { mkdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../lib/expected-error.ts";
import { sha256Of } from "../lib/sha256.ts";
import { UNIT_FOLDER } from "../plan/units/names.ts";
import type { HostFile } from "../contract/fields.ts";
import type { RulesObservation } from "../contract/monitoring-rules.ts";
import { type HostSystem } from "./system.ts";
import { hostPlaces } from "./places.ts";
import { sudoersProblems } from "./sudoers.ts";
import { octalMode, readRegularFile, type FileReading } from "../lib/regular-file.ts";

const MAX_FILE_BYTES = 1024 * 1024;
/** Every file of claude-fleet has this word in its first lines. */
const HEADER = /claude-fleet/;
const HEADER_LINES = 5;

/** Returns digest and mode of the file at each path; null where no regular file lies. */
export async function observeFiles(
  system: HostSystem,
  paths: readonly string[],
): Promise<RulesObservation["files"]> {
  const found: RulesObservation["files"] = [];
  for (const path of paths) {
    const reading = await readRegularFile(hostPlaces(system).at(path), MAX_FILE_BYTES);
    const [sha256, mode] =
      reading.kind === "file" ? [sha256Of(reading.content), octalMode(reading.stat)] : [null, null];
    found.push({ path, sha256, mode, foreign: isForeign(reading) });
  }
  return found;
}

/** Something in the place of a file that claude-fleet did not write. */
export interface ForeignFile {
  readonly path: string;
  /** Undefined for anything but a regular file of usual size. */
  readonly content: Buffer | undefined;
}

/** Returns what lies in the places of the plan's files and is neither one of `ownPaths` nor written by claude-fleet. */
export async function foreignFiles(
  system: HostSystem,
  files: readonly HostFile[],
  ownPaths: ReadonlySet<string>,
): Promise<readonly ForeignFile[]> {
  const found: ForeignFile[] = [];
  for (const { path } of files) {
    if (ownPaths.has(path)) continue;
    const reading = await readRegularFile(hostPlaces(system).at(path), MAX_FILE_BYTES);
    const content = reading.kind === "file" ? reading.content : undefined;
    if (isForeign(reading)) found.push({ path, content });
  }
  return found;
}

/** Returns the problem of a foreign file that may not be replaced. */
export function foreignFileProblem({ path }: ForeignFile): string {
  return `${path} is there already and is not claude-fleet's; move it away, or set \`adopt: true\` to take it over.`;
}

/**
 * Keeps a copy of a file that is about to be replaced, under its own path, because drop-ins of several units have one name.
 * @returns the copy's path; undefined where there was no content to keep
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

function isForeign(reading: FileReading): boolean {
  if (reading.kind !== "file") return reading.kind !== "missing";
  return !HEADER.test(reading.content.toString("utf8").split("\n", HEADER_LINES).join("\n"));
}

/** Writes the files that differ. @returns the paths that changed */
export async function writeHostFiles(
  system: HostSystem,
  files: readonly HostFile[],
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const file of files) if (await writeHostFile(system, file)) changed.push(file.path);
  return changed;
}

/** Writes a file if its content, mode or owner differs. Creates its folder. @returns whether it changed */
export async function writeHostFile(system: HostSystem, file: HostFile): Promise<boolean> {
  const path = hostPlaces(system).at(file.path);
  const reading = await readRegularFile(path, MAX_FILE_BYTES);
  if (reading.kind === "file") {
    const { uid, gid } = reading.stat;
    const same = reading.content.toString("utf8") === file.content && octalMode(reading.stat) === file.mode;
    if (same && uid === system.owner.uid && gid === system.owner.gid) return false;
  }
  const problems = await sudoersProblems(system, [file]);
  if (problems.length > 0) throw new ExpectedError(problems);
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFileAtomic(path, file.content, { mode: Number.parseInt(file.mode, 8), owner: system.owner });
  return true;
}

/** Removes a file, and a unit's drop-in folder that is then empty. @returns whether the file existed */
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
