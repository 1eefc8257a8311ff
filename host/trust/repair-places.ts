/** Repairs kind, owner, group and mode of the places that the fleet keeps on a workstation. */
import { constants } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { describeReading, readRegularFile } from "../../lib/regular-file.ts";
import { keepForeignFile } from "../host-files.ts";
import type { HostSystem } from "../system.ts";
import { ownFaults, type OwnPlace } from "./own-place.ts";
import type { PathFault } from "./system-paths.ts";

const MAX_KEPT_BYTES = 32 * 1024 * 1024;

/**
 * Repairs a place. A file is replaced by a new file, because a process that has opened the old file can still write it. A folder
 * keeps its inode: the system checks its rights at each use, so an open folder gives no further right. Files with known content
 * are left to their writers, which replace what differs.
 * @returns what differed, one clause each
 * @throws {ExpectedError} for what only a person can replace
 */
export async function repairPlace(system: HostSystem, place: OwnPlace): Promise<readonly string[]> {
  const { path, kind, content } = place;
  const faults = await ownFaults(system, place);
  if (faults.length === 0 || (content === "known" && kind !== "folder")) return [];
  if (kind === "folder") await repairFolder(system, place, faults);
  else if (content === "kept") await rewrite(system, place);
  else await moveAway(system, path);
  return faults.map(({ why }) => `${path} ${inPast(why)}`);
}

/** Returns what was wrong before a repair, without what is right. */
function inPast(why: string): string {
  return why.replace(/^(?:has|is|belongs)\b/, (verb) => PAST[verb] ?? verb).replace(/ instead of .*$/, "");
}

const PAST: Readonly<Record<string, string>> = { has: "had", is: "was", belongs: "belonged" };

async function repairFolder(
  { owner }: HostSystem,
  { path, mode, content }: OwnPlace,
  faults: readonly PathFault[],
) {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  if (faults.some(({ why }) => why.startsWith("is a symbolic link")) && content === "known") {
    await rm(path);
    await mkdir(path, { mode });
  }
  const folder = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch((cause: unknown) => {
    throw new ExpectedError(
      `${path} ${faults.map(({ why }) => why).join(", ")}; put the folder itself in its place.`,
      { cause },
    );
  });
  try {
    await folder.chown(owner.uid, owner.gid);
    await folder.chmod(mode);
  } finally {
    await folder.close();
  }
}

/** Replaces a file by a new file with the same content. Removes a link. */
async function rewrite({ owner }: HostSystem, { path, mode }: OwnPlace): Promise<void> {
  const reading = await readRegularFile(path, MAX_KEPT_BYTES);
  if (reading.kind === "symlink") return rm(path);
  if (reading.kind !== "file") {
    throw new ExpectedError(`${path} ${describeReading(reading)}; remove it, then run \`pulumi up\`.`);
  }
  await writeFileAtomic(path, reading.content, { mode, owner });
}

/** Moves a file of others away, because systemd would read it as part of the fleet's units. */
async function moveAway(system: HostSystem, path: string): Promise<void> {
  const reading = await readRegularFile(path, MAX_KEPT_BYTES);
  const content = reading.kind === "file" ? reading.content : undefined;
  await keepForeignFile(system, { path: path.slice(system.root.length), content });
  await rm(path);
}
