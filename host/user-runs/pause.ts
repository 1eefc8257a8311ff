/** `pause` and `resume`: an operator's mark that a user is left alone. A run under way is never ended by it. */
import { userBackup, userPath, userRecheck, userTimer } from "../../plan/units/names.ts";
import type { PauseMarker, PauseResult } from "../../contract/user-run.ts";
import type { HostSystem } from "../system.ts";
import { systemctl, unitStates } from "../systemd.ts";
import { startUnits } from "../workstation/units.ts";
import type { TargetUser } from "./find-user.ts";

/** Marks the user and stops what would start a run. Who is paused already stays so, with the first mark. */
export async function pause(
  system: HostSystem,
  { record, plan, user }: TargetUser,
  mark: PauseMarker,
): Promise<PauseResult> {
  const former = await record.pauseMarker(user.name);
  // The mark first: whatever is interrupted after it, the next apply does not start the user again.
  if (former === undefined) await record.writePauseMarker(user.name, mark);
  const starters = [userTimer(user.name), userPath(user.name)];
  const storing = [userBackup(user.name), userRecheck(user.name)];
  const states = await unitStates(system, [...starters, ...storing]);
  const running = starters.filter((_, index) => {
    const state = states[index];
    return (
      state !== undefined &&
      state.enabled !== null &&
      (state.enabled === "enabled" || state.active === "active")
    );
  });
  if (running.length > 0) await systemctl(system, ["disable", "--now", "--", ...running]);
  // Between two tries of a pending backup nothing runs, and the next one would only find the mark.
  const waiting = storing.filter((_, index) => states[starters.length + index]?.sub === "auto-restart");
  if (waiting.length > 0) await systemctl(system, ["stop", "--", ...waiting]);
  return {
    user: user.name,
    workstation: plan.host,
    changed: former === undefined,
    paused: former ?? mark,
  };
}

/** Takes the mark away and starts timer and path unit; a run that was missed is made up for at once. */
export async function resume(system: HostSystem, { record, plan, user }: TargetUser): Promise<PauseResult> {
  const former = await record.pauseMarker(user.name);
  await record.removePauseMarker(user.name);
  await startUnits(system, record, plan, [user]);
  return { user: user.name, workstation: plan.host, changed: former !== undefined, paused: null };
}
