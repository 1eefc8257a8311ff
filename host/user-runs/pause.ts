/** `pause` and `resume`: set and remove a user's pause marker. Neither ends a run that is under way. */
import { userBackup, userRecheck } from "../../plan/units/names.ts";
import type { ResultOf } from "../../contract/actions.ts";
import type { PauseMarker } from "../../contract/user-run.ts";
import type { HostSystem } from "../system.ts";
import { systemctl, unitStates } from "../systemd.ts";
import { startUnits, userStarters } from "../workstation/units.ts";
import type { TargetUser } from "./find-user.ts";

/** Writes the pause marker and stops the units that start runs. A user who is paused already keeps the first marker. */
export async function pause(
  system: HostSystem,
  { record, plan, user }: TargetUser,
  marker: PauseMarker,
): Promise<ResultOf<"pause">> {
  const former = await record.pauseMarker(user.name);
  // The marker comes first: if this is interrupted later, the next apply does not start the units again.
  if (former === undefined) await record.writePauseMarker(user.name, marker);
  const starters = userStarters(user.name);
  const storing = [userBackup(user.name), userRecheck(user.name)];
  const states = await unitStates(system, [...starters, ...storing]);
  const running = starters.filter(
    (_, index) => states[index]?.enabled === "enabled" || states[index]?.active === "active",
  );
  if (running.length > 0) await systemctl(system, ["disable", "--now", "--", ...running]);
  // Between two attempts of a pending backup nothing runs, and the next attempt would only find the marker.
  const waiting = storing.filter((_, index) => states[starters.length + index]?.sub === "auto-restart");
  if (waiting.length > 0) await systemctl(system, ["stop", "--", ...waiting]);
  const changed = former === undefined;
  return { user: user.name, workstation: plan.host, changed, paused: former ?? marker };
}

/** Removes the marker and starts timer and path unit. A missed run starts at once. */
export async function resume(
  system: HostSystem,
  { record, plan, user }: TargetUser,
): Promise<ResultOf<"pause">> {
  const former = await record.pauseMarker(user.name);
  await record.removePauseMarker(user.name);
  await startUnits(system, record, plan, [user]);
  return { user: user.name, workstation: plan.host, changed: former !== undefined, paused: null };
}
