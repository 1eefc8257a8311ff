/** Timers and path units that renew somebody here whom no fleet on this host knows: started or enabled by hand, or left over. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../lib/expected-error.ts";
import { FleetRecord, otherPlans } from "./fleet-record.ts";
import { hostPlaces, type HostSystem } from "../system.ts";
import { systemctl, unitStates } from "../systemd.ts";
import type { HostPlan } from "../../contract/host-plan.ts";
import { PATH_UNIT, TIMER_UNIT, UNIT_FOLDER, userPath, userTimer } from "../../plan/units/names.ts";

const INSTANCE = /^claude-auth-sync@([A-Za-z_][A-Za-z0-9_.-]{0,31})\.(?:timer|path)$/;
const PATTERNS = [TIMER_UNIT, PATH_UNIT].map((template) => template.replace("@", "@*"));

/**
 * OS users with such units, sorted, who are neither in `plan`, nor enrolled by it, nor in another fleet's here. Where this
 * fleet has applied nothing yet the units are somebody else's, unless they are to be taken over.
 */
export async function strayUsers(system: HostSystem, plan: HostPlan): Promise<readonly string[]> {
  const applied = await new FleetRecord(system, plan.fleet).generation();
  if (applied === 0 && !plan.renewal.adopt) return [];
  const fleets = [plan, ...(await otherPlans(system, plan.fleet))];
  const ledgers = await Promise.all(fleets.map(({ fleet }) => new FleetRecord(system, fleet).ledger()));
  const known = new Set([
    ...fleets.flatMap(({ users }) => users.map(({ name }) => name)),
    ...ledgers.flatMap((ledger) => Object.keys(ledger)),
  ]);
  const units = [...(await startedUnits(system)), ...(await enabledUnits(system))];
  const users = new Set(units.flatMap((unit) => INSTANCE.exec(unit)?.[1] ?? []));
  return [...users].filter((user) => !known.has(user)).sort();
}

/** Stops and disables what renews these users; whatever is in their homes is not the fleet's. */
export async function stopStrays(system: HostSystem, users: readonly string[]): Promise<void> {
  const units = users.flatMap((user) => [userTimer(user), userPath(user)]);
  const states = await unitStates(system, units);
  const loaded = units.filter((_, index) => states[index]?.enabled !== null);
  if (loaded.length > 0) await systemctl(system, ["disable", "--now", "--", ...loaded]);
}

async function startedUnits(system: HostSystem): Promise<readonly string[]> {
  const list = await systemctl(system, ["list-units", "--all", "--plain", "--no-legend", "--", ...PATTERNS]);
  return list.split("\n").map((line) => line.trim().split(/\s+/)[0] ?? "");
}

/** Their links: systemd 252 lists no enabled instance that is not loaded. */
async function enabledUnits(system: HostSystem): Promise<readonly string[]> {
  const folder = hostPlaces(system).at(UNIT_FOLDER);
  const wants = (await readdir(folder).catch(noFolder)).filter((name) => name.endsWith(".wants"));
  return (await Promise.all(wants.map((name) => readdir(join(folder, name)).catch(noFolder)))).flat();
}

function noFolder(error: unknown): string[] {
  if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return [];
  throw error;
}
