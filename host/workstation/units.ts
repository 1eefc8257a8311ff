/** Starts, restarts and stops the systemd units of a workstation and its users. */
import { basename, dirname } from "node:path";
import type { HostFile } from "../../contract/fields.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import {
  STARTERS,
  UNIT_FOLDER,
  instance,
  userBackup,
  userNow,
  userRecheck,
  userService,
} from "../../plan/units/names.ts";
import type { HostSystem } from "../system.ts";
import { systemctl, unitStates } from "../systemd.ts";
import type { FleetRecord } from "./fleet-record.ts";

/** Returns the names of the plan's timers and path units that run for the host and not for one user. */
export function hostUnits(files: readonly HostFile[]): readonly string[] {
  return files
    .filter(({ path }) => dirname(path) === UNIT_FOLDER)
    .map(({ path }) => basename(path))
    .filter((name) => /\.(?:timer|path)$/.test(name) && !name.includes("@."));
}

/** Returns the names of the units that start runs of this user's agent. */
export function userStarters(user: string): readonly string[] {
  return STARTERS.map((template) => instance(template, user));
}

/**
 * Makes systemd use the files on the disk. Reloads it when `changed` holds a unit or drop-in, or when an interrupted apply
 * left systemd with an older version of a unit. Restarts the affected timers and path units.
 * @param changed absolute paths
 */
export async function reloadSystemd(
  system: HostSystem,
  changed: readonly string[],
  plan: HostPlan,
): Promise<void> {
  const renewed = plan.users.filter(({ renewal }) => renewal).map(({ name }) => name);
  const loaded = [
    ...hostUnits(plan.files),
    ...renewed.flatMap((user) => [
      ...userStarters(user),
      ...[userService, userBackup, userRecheck].map((unit) => unit(user)),
    ]),
  ];
  const units = changed.filter((path) => path.startsWith(`${UNIT_FOLDER}/`));
  const stale = units.length === 0 && (await unitStates(system, loaded)).some((state) => state.stale);
  if (units.length > 0 || stale) await systemctl(system, ["daemon-reload"]);
  await restartStarters(system, plan, renewed, units);
}

/** Restarts active timers and path units whose file, template or drop-in changed: a reload does not apply new settings to them. */
async function restartStarters(
  system: HostSystem,
  plan: HostPlan,
  renewed: readonly string[],
  changed: readonly string[],
): Promise<void> {
  const has = (unit: string) => changed.includes(`${UNIT_FOLDER}/${unit}`);
  const dropInOf = (unit: string) => changed.some((path) => path.startsWith(`${UNIT_FOLDER}/${unit}.d/`));
  const affected = [
    ...hostUnits(plan.files).filter(has),
    ...STARTERS.flatMap((template) => {
      const units = renewed.map((user) => instance(template, user));
      return units.filter((unit) => has(template) || dropInOf(unit));
    }),
  ];
  const states = await unitStates(system, affected);
  const active = affected.filter((_, index) => states[index]?.active === "active");
  if (active.length > 0) await systemctl(system, ["restart", "--", ...active]);
}

/**
 * Enables and starts the host's own units, and those of each user of `ready` who is not paused.
 * @returns the units that were not enabled or not active before
 */
export async function startUnits(
  system: HostSystem,
  record: FleetRecord,
  plan: HostPlan,
  ready: readonly HostUser[],
): Promise<readonly string[]> {
  const files = new Set(plan.files.map(({ path }) => basename(path)));
  // A recorded plan of a former version has fewer units.
  const templates = STARTERS.filter((template) => files.has(template));
  const wanted = [...hostUnits(plan.files)];
  for (const { name } of ready) {
    if (await record.paused(name)) continue;
    wanted.push(...templates.map((template) => instance(template, name)));
  }
  const states = await unitStates(system, wanted);
  const idle = wanted.filter((_, index) => {
    const state = states[index];
    return state?.enabled !== "enabled" || state.active !== "active";
  });
  const masked = wanted.filter((_, index) => /^masked/.test(states[index]?.enabled ?? ""));
  if (masked.length > 0) await systemctl(system, ["unmask", "--", ...masked]);
  if (idle.length > 0) await systemctl(system, ["enable", "--now", "--", ...idle]);
  return idle;
}

/** Stops and disables those of `units` that systemd knows. @returns the units that it knows */
export async function disableUnits(system: HostSystem, units: readonly string[]): Promise<readonly string[]> {
  const states = await unitStates(system, units);
  const known = units.filter((_, index) => states[index]?.enabled !== null);
  if (known.length > 0) await systemctl(system, ["disable", "--now", "--", ...known]);
  return known;
}

/**
 * Stops all units of `user`: first what starts a run, then the services. The CLI of a run that is under way is never
 * killed: the service's KillMode and TimeoutStopSec let a refresh finish.
 */
export async function stopUserUnits(system: HostSystem, user: string): Promise<void> {
  await disableUnits(system, userStarters(user));
  const services = [userService(user), userBackup(user), userRecheck(user), userNow(user)];
  const states = await unitStates(system, services);
  for (const [index, service] of services.entries()) {
    const active = states[index]?.active;
    if (active === "active" || active === "activating") await systemctl(system, ["stop", "--", service]);
    if (active === "failed") await systemctl(system, ["reset-failed", "--", service]);
  }
}
