/** Unowned units: timers and path units of users whom no fleet on this host has. Somebody started them by hand, or they are leftovers. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../lib/expected-error.ts";
import { STARTERS, UNIT_FOLDER } from "../../plan/units/names.ts";
import { FleetRecord, otherPlans } from "./fleet-record.ts";
import { type HostSystem } from "../system.ts";
import { systemctl } from "../systemd.ts";
import { disableUnits, userStarters } from "./units.ts";
import type { HostPlan } from "../../contract/host-plan.ts";
import { hostPlaces } from "../places.ts";

const INSTANCE = /^claude-auth-sync(?:-now)?@([A-Za-z_][A-Za-z0-9_.-]{0,31})\.(?:timer|path)$/;
const PATTERNS = STARTERS.map((template) => template.replace("@", "@*"));

/**
 * Returns the OS users with unowned units, sorted. Returns none before the first apply of the fleet, unless the plan
 * adopts what exists: until then such units belong to somebody else.
 */
export async function usersWithUnownedUnits(system: HostSystem, plan: HostPlan): Promise<readonly string[]> {
  const applied = await new FleetRecord(system, plan.fleet).applyCounter();
  if (applied === 0 && !plan.renewal.adopt) return [];
  const fleets = [plan, ...(await otherPlans(system, plan.fleet))];
  const ledgers = await Promise.all(fleets.map(({ fleet }) => new FleetRecord(system, fleet).ledger()));
  const known = new Set([
    ...fleets.flatMap(({ users }) => users.map(({ name }) => name)),
    ...ledgers.flatMap((ledger) => ledger.users()),
  ]);
  const units = [...(await startedUnits(system)), ...(await enabledUnits(system))];
  const users = new Set(units.flatMap((unit) => INSTANCE.exec(unit)?.[1] ?? []));
  return [...users].filter((user) => !known.has(user)).sort();
}

/** Stops and disables the timers and path units of `users`. Leaves their homes alone. */
export async function stopUnownedUnits(system: HostSystem, users: readonly string[]): Promise<void> {
  await disableUnits(system, users.flatMap(userStarters));
}

async function startedUnits(system: HostSystem): Promise<readonly string[]> {
  const list = await systemctl(system, ["list-units", "--all", "--plain", "--no-legend", "--", ...PATTERNS]);
  return list.split("\n").map((line) => line.trim().split(/\s+/)[0] ?? "");
}

/** Reads the units' links, because systemd 252 does not list an enabled instance that is not loaded. */
async function enabledUnits(system: HostSystem): Promise<readonly string[]> {
  const folder = hostPlaces(system).at(UNIT_FOLDER);
  const wants = (await readdir(folder).catch(noFolder)).filter((name) => name.endsWith(".wants"));
  return (await Promise.all(wants.map((name) => readdir(join(folder, name)).catch(noFolder)))).flat();
}

function noFolder(error: unknown): string[] {
  if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return [];
  throw error;
}
