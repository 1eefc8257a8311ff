/** Repairs owner and mode of the folders that root keeps. Others may read them, and only root may change what they hold. */
import { chmod, chown, lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { UNIT_FOLDER } from "../../plan/units/names.ts";
import { hostPlaces } from "../places.ts";
import type { HostSystem } from "../system.ts";
import type { FleetRecord } from "../workstation/fleet-record.ts";
import { octalMode } from "../../lib/regular-file.ts";

const FOLDER = 0o755;

/** Repairs the fleet's own folders, the drop-in folders of `files`, and the fleet record. Skips what is missing. */
export async function repairFolders(
  system: HostSystem,
  record: FleetRecord,
  files: readonly string[],
): Promise<readonly string[]> {
  const { at, fleets, programs, metrics } = hostPlaces(system);
  const dropIns = files.map((path) => dirname(path)).filter((folder) => folder.startsWith(`${UNIT_FOLDER}/`));
  const folders = [fleets, programs, metrics, ...new Set(dropIns.map(at))];
  const places = [...folders.map((path) => [path, FOLDER] as const), ...record.places()];
  const repaired: string[] = [];
  for (const [path, mode] of places) repaired.push(...(await repairRights(system, path, mode)));
  return repaired;
}

/** @throws {ExpectedError} for a link, because root must not change its target */
async function repairRights(system: HostSystem, path: string, mode: number): Promise<readonly string[]> {
  const { uid, gid } = system.owner;
  const found = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return [];
  if (found.isSymbolicLink()) {
    throw new ExpectedError(`${path} is a symbolic link; put the folder or file itself in its place.`);
  }
  const repaired: string[] = [];
  if (found.uid !== uid || found.gid !== gid) {
    await chown(path, uid, gid);
    repaired.push(`${path} belonged to ${found.uid}:${found.gid}`);
  }
  if ((found.mode & 0o7777) !== mode) {
    await chmod(path, mode);
    repaired.push(`${path} had the mode ${octalMode(found)}`);
  }
  return repaired;
}
