/** Whom a host renews and whom its plan does: who comes, who goes, and who only has another name. */
import type { WorkstationObservation } from "../../contract/workstation.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/** Renewed users whom the host still renews by their former name: the new name, by that. */
export function renamedUsers(plan: HostPlan, enrolled: readonly string[]): ReadonlyMap<string, string> {
  const here = new Set(enrolled);
  return new Map(
    plan.users.flatMap(({ name, formerly, renewal }) =>
      renewal && formerly !== undefined && here.has(formerly) && !here.has(name) ? [[formerly, name]] : [],
    ),
  );
}

/** Users whom the host still renews though the plan does not, sorted as the host has them. */
export function toUnenrol(
  plan: HostPlan,
  observation: Pick<WorkstationObservation, "enrolled">,
): readonly string[] {
  const renewed = new Set(plan.users.filter(({ renewal }) => renewal).map(({ name }) => name));
  const renamed = renamedUsers(plan, observation.enrolled);
  return observation.enrolled.filter((name) => !renewed.has(name) && !renamed.has(name)).toSorted();
}

/** Users whom the plan renews and the host does not yet, in the plan's order. */
export function toEnrol(
  plan: HostPlan,
  observation: Pick<WorkstationObservation, "enrolled">,
): readonly string[] {
  const enrolled = new Set(observation.enrolled);
  const renamed = new Set(renamedUsers(plan, observation.enrolled).values());
  return plan.users
    .filter(({ name, renewal }) => renewal && !enrolled.has(name) && !renamed.has(name))
    .map(({ name }) => name);
}
