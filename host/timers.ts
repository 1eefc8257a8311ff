/** Brings systemd in line with the files: reloads it when they changed, enables and starts what they describe. */
import { TIMER_UNIT, UNIT_FOLDER } from "../plan/units.ts";
import { hasPathUnit, hostUnits } from "./host-files.ts";
import type { HostPlan, HostUser } from "./protocol.ts";
import type { FleetRecord } from "./record.ts";
import type { HostSystem } from "./system.ts";
import { pathUnitOf, systemctl, timerOf, unitStates } from "./systemd.ts";

/** Reloads systemd's configuration when `changed` holds a unit or drop-in, or when a broken run left it stale. */
export async function reloadSystemd(
  system: HostSystem,
  changed: readonly string[],
  plan: HostPlan,
): Promise<void> {
  const timers = plan.users.filter(({ renewal }) => renewal).map(({ name }) => timerOf(name));
  const units = changed.filter((path) => path.startsWith(`${UNIT_FOLDER}/`));
  const stale = units.length === 0 && (await unitStates(system, timers)).some((state) => state.stale);
  if (units.length > 0 || stale) await systemctl(system, ["daemon-reload"]);
  await restartTimers(system, timers, units);
}

/** A loaded timer takes a new schedule when it is started anew: all of them for the template, else the changed. */
async function restartTimers(
  system: HostSystem,
  timers: readonly string[],
  changed: readonly string[],
): Promise<void> {
  const all = changed.includes(`${UNIT_FOLDER}/${TIMER_UNIT}`);
  const affected = timers.filter(
    (timer) => all || changed.some((path) => path.startsWith(`${UNIT_FOLDER}/${timer}.d/`)),
  );
  const states = await unitStates(system, affected);
  const active = affected.filter((_, index) => states[index]?.active === "active");
  if (active.length > 0) await systemctl(system, ["restart", "--", ...active]);
}

/** Enables and starts the host's own units, and those of each user of `ready` who is not paused. */
export async function startTimers(
  system: HostSystem,
  record: FleetRecord,
  plan: HostPlan,
  ready: readonly HostUser[],
): Promise<void> {
  const wanted = [...hostUnits(plan.files)];
  for (const { name } of ready) {
    if (await record.paused(name)) continue;
    wanted.push(timerOf(name));
    if (hasPathUnit(plan.files)) wanted.push(pathUnitOf(name));
  }
  const states = await unitStates(system, wanted);
  const idle = wanted.filter((_, index) => {
    const state = states[index];
    return state?.enabled !== "enabled" || state.active !== "active";
  });
  if (idle.length > 0) await systemctl(system, ["enable", "--now", "--", ...idle]);
}
