/** Brings systemd in line with the files: reloads it when they changed, enables and starts what they describe. */
import { hasPathUnit, hostUnits } from "./plan-files.ts";
import type { FleetRecord } from "./fleet-record.ts";
import type { HostSystem } from "../system.ts";
import { systemctl, unitStates } from "../systemd.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import {
  PATH_UNIT,
  TIMER_UNIT,
  UNIT_FOLDER,
  userBackup,
  userPath,
  userRecheck,
  userService,
  userTimer,
} from "../../plan/units/names.ts";

/** Reloads systemd's configuration when `changed` holds a unit or drop-in, or when a broken run left it stale. */
export async function reloadSystemd(
  system: HostSystem,
  changed: readonly string[],
  plan: HostPlan,
): Promise<void> {
  const renewed = plan.users.filter(({ renewal }) => renewal).map(({ name }) => name);
  const loaded = [
    ...hostUnits(plan.files),
    ...renewed.flatMap((user) =>
      [userTimer, userPath, userService, userBackup, userRecheck].map((unit) => unit(user)),
    ),
  ];
  const units = changed.filter((path) => path.startsWith(`${UNIT_FOLDER}/`));
  const stale = units.length === 0 && (await unitStates(system, loaded)).some((state) => state.stale);
  if (units.length > 0 || stale) await systemctl(system, ["daemon-reload"]);
  await restartStarters(system, plan, renewed, units);
}

/** A loaded timer or path unit takes new settings when it is started anew: all of a changed template, else the changed. */
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
    ...renewed.map(userTimer).filter((timer) => has(TIMER_UNIT) || dropInOf(timer)),
    ...renewed.map(userPath).filter((path) => has(PATH_UNIT) || dropInOf(path)),
  ];
  const states = await unitStates(system, affected);
  const active = affected.filter((_, index) => states[index]?.active === "active");
  if (active.length > 0) await systemctl(system, ["restart", "--", ...active]);
}

/** Enables and starts the host's own units, and those of each user of `ready` who is not paused. @returns those that were not */
export async function startTimers(
  system: HostSystem,
  record: FleetRecord,
  plan: HostPlan,
  ready: readonly HostUser[],
): Promise<readonly string[]> {
  const wanted = [...hostUnits(plan.files)];
  for (const { name } of ready) {
    if (await record.paused(name)) continue;
    wanted.push(userTimer(name));
    if (hasPathUnit(plan.files)) wanted.push(userPath(name));
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
