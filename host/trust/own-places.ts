/** Lists the files and folders that the fleet keeps on a workstation. */
import { join } from "node:path";
import type { HostPlan } from "../../contract/host-plan.ts";
import { UNIT_FOLDER } from "../../plan/units/names.ts";
import { hostPlaces } from "../places.ts";
import type { HostSystem } from "../system.ts";
import { allDropInPaths } from "../workstation/drop-ins.ts";
import type { FleetRecord } from "../workstation/fleet-record.ts";
import { programPlaces } from "../workstation/installed-program.ts";
import { ownFile, ownFolder, readNames, type OwnPlace } from "./own-place.ts";

/** Returns the places of a plan, each folder before what it holds. Many of them may not exist. */
export async function ownPlaces(
  system: HostSystem,
  plan: HostPlan,
  record: FleetRecord,
): Promise<readonly OwnPlace[]> {
  const { at, fleets, programs, state, metrics, lastRepair, textfile } = hostPlaces(system);
  const dropIns = plan.users.filter(({ renewal }) => renewal).flatMap(({ name }) => allDropInPaths(name));
  const places = [
    ...[fleets, programs, state, metrics].map(ownFolder),
    ...(await unitPlaces(at(UNIT_FOLDER))),
    ...dropIns.map((path) => ownFile(at(path), 0o644)),
    ...plan.files.map(({ path, mode }) => ownFile(at(path), Number.parseInt(mode, 8))),
    ...(await programPlaces(system)),
    ...(await record.places()),
    ...[lastRepair, textfile].map((path) => ownFile(path, 0o644, "kept")),
  ];
  return [...new Map(places.map((place) => [place.path, place])).values()];
}

/** Returns everything below systemd's folder that has a name of the fleet: systemd reads all of it as part of the fleet's units. */
async function unitPlaces(units: string): Promise<readonly OwnPlace[]> {
  const places: OwnPlace[] = [];
  for (const name of await readNames(units)) {
    if (!/^claude-(?:auth-sync|fleet-)/.test(name)) continue;
    const path = join(units, name);
    if (!name.endsWith(".d")) {
      places.push(ownFile(path, 0o644, "foreign"));
      continue;
    }
    const dropIns = (await readNames(path)).map((dropIn) => ownFile(join(path, dropIn), 0o644, "foreign"));
    places.push(ownFolder(path), ...dropIns);
  }
  return places;
}
