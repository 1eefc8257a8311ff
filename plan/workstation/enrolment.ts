/** Decides which users an apply enrols, unenrols or renames on a workstation. */
import type { WorkstationObservation } from "../../contract/workstation.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/** A workstation's plan, and parts of its observation. Undefined: it did not answer. */
export interface Observed<Part extends keyof WorkstationObservation> {
  readonly plan: HostPlan;
  readonly observation: Pick<WorkstationObservation, Part> | undefined;
}

/** Returns the users who are still enrolled under their former name: new names by former names. */
export function renamedUsers(plan: HostPlan, enrolled: readonly string[]): ReadonlyMap<string, string> {
  const here = new Set(enrolled);
  return new Map(
    plan.users.flatMap(({ name, formerly, renewal }) =>
      renewal && formerly !== undefined && here.has(formerly) && !here.has(name) ? [[formerly, name]] : [],
    ),
  );
}

/** Returns the enrolled users whom the plan does not renew, sorted. */
export function toUnenrol(
  plan: HostPlan,
  observation: Pick<WorkstationObservation, "enrolled">,
): readonly string[] {
  const renewed = new Set(plan.users.filter(({ renewal }) => renewal).map(({ name }) => name));
  const renamed = renamedUsers(plan, observation.enrolled);
  return observation.enrolled.filter((name) => !renewed.has(name) && !renamed.has(name)).toSorted();
}

/** Returns the renewed users of the plan who are not enrolled yet, in the plan's order. */
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
