/** Rights of the folders that root keeps: others may look into them, and nobody else may change what is there. */
import { chmod, chown, lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { octalMode } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import type { FleetRecord } from "../workstation/fleet-record.ts";
import { hostPlaces, type HostSystem } from "../system.ts";
import type { Reassertion } from "../reassert/reassertion.ts";
import { UNIT_FOLDER } from "../../plan/units/names.ts";

const FOLDER = 0o755;

/** Mends the folders of `files` that are the fleet's own, and the record with all that is in it. Missing ones are left. */
export async function mendFolders(
  system: HostSystem,
  record: FleetRecord,
  files: readonly string[],
): Promise<Reassertion> {
  const { at, fleets, programs, metrics } = hostPlaces(system);
  const dropIns = files.map((path) => dirname(path)).filter((folder) => folder.startsWith(`${UNIT_FOLDER}/`));
  const folders = [fleets, programs, metrics, ...new Set(dropIns.map(at))];
  const places: (readonly [path: string, mode: number])[] = [
    ...folders.map((path) => [path, FOLDER] as const),
    ...record.places(),
  ];
  const mended: string[] = [];
  for (const [path, mode] of places) mended.push(...(await mendRights(system, path, mode)));
  return { mended, problems: [] };
}

/** @throws {ExpectedError} for a link, whose target is not for root to change */
async function mendRights(system: HostSystem, path: string, mode: number): Promise<readonly string[]> {
  const { uid, gid } = system.owner;
  const found = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return [];
  if (found.isSymbolicLink()) {
    throw new ExpectedError(`${path} is a symbolic link; put the folder or file itself in its place.`);
  }
  const mended: string[] = [];
  if (found.uid !== uid || found.gid !== gid) {
    await chown(path, uid, gid);
    mended.push(`${path} belonged to ${found.uid}:${found.gid}`);
  }
  if ((found.mode & 0o7777) !== mode) {
    await chmod(path, mode);
    mended.push(`${path} had the mode ${octalMode(found)}`);
  }
  return mended;
}
