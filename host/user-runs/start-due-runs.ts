/** Starts the runs of users whose access tokens enter the CLI's refresh window. */
import { dueRuns, dueUsers } from "../../plan/due-runs.ts";
import type { UserFacts } from "../../plan/metrics/workstation-samples.ts";
import { userService } from "../../plan/units/names.ts";
import { problemsOf } from "../../lib/expected-error.ts";
import type { HostSystem } from "../system.ts";
import { systemctl, unitStates } from "../systemd.ts";
import { FleetRecord } from "../workstation/fleet-record.ts";

/**
 * Starts each run at its moment, and waits for none. Takes less than a minute. A start that fails does not stop the others.
 * @param now when the collector began, and `begun`, the same moment of the monotonic clock
 * @returns what failed
 */
export async function startDueRuns(
  system: HostSystem,
  users: readonly UserFacts[],
  now: number,
  begun: number,
): Promise<readonly string[]> {
  const due = dueUsers(users, now);
  if (due.length === 0) return [];
  const states = await unitStates(
    system,
    due.map(({ user }) => userService(user)),
  );
  const starts = new Map(due.map(({ user }, index) => [user, states[index]?.startedAt ?? undefined]));
  const problems: string[] = [];
  for (const { fleet, user, startAt } of dueRuns(due, now, (name) => starts.get(name))) {
    const passed = performance.now() - begun;
    if (startAt - now > passed) await system.wait(startAt - now - passed);
    try {
      if (await new FleetRecord(system, fleet).paused(user)) continue;
      await systemctl(system, ["start", "--no-block", "--", userService(user)]);
    } catch (error) {
      problems.push(...problemsOf(error));
    }
  }
  return problems;
}
