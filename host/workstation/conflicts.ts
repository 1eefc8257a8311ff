/** What stands in the way of an apply: a host that lacks something, other fleets, files that are not ours. */
import { ExpectedError } from "../../lib/expected-error.ts";
import { otherName } from "../../plan/workstation/conflicts.ts";
import { foreignFiles, inTheWay, type ForeignFile } from "./plan-files.ts";
import type { HostSystem } from "../system.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/**
 * Everything that must stop an apply before it changes anything.
 * @returns the files that are there already and may be replaced
 * @throws {ExpectedError} with all of it at once
 */
export async function refuseConflicts(
  system: HostSystem,
  plan: HostPlan,
  former: HostPlan | undefined,
  others: readonly HostPlan[],
): Promise<readonly ForeignFile[]> {
  const foreign = await foreignFiles(system, plan.files, knownPaths(former, others));
  const problems = [
    ...(await system.missing()),
    ...otherName(plan, former?.host ?? null),
    ...conflicts(plan, others, foreign),
  ];
  if (problems.length > 0) throw new ExpectedError(problems);
  return foreign;
}

/** What of the plan another fleet here, or somebody by hand, has already; one sentence each. */
export async function conflictsOn(
  system: HostSystem,
  plan: HostPlan,
  former: HostPlan | undefined,
  others: readonly HostPlan[],
): Promise<readonly string[]> {
  return conflicts(plan, others, await foreignFiles(system, plan.files, knownPaths(former, others)));
}

/** Paths of the files that a fleet here has written. */
function knownPaths(former: HostPlan | undefined, others: readonly HostPlan[]): ReadonlySet<string> {
  return new Set([...(former?.files ?? []), ...others.flatMap(({ files }) => files)].map(({ path }) => path));
}

function conflicts(plan: HostPlan, others: readonly HostPlan[], foreign: readonly ForeignFile[]): string[] {
  const problems: string[] = [];
  for (const other of others) {
    if (other.program.sha256 !== plan.program.sha256) {
      problems.push(
        `The fleet "${other.fleet}" on this host runs the program ${other.program.version}, this one wants ${plan.program.version}; apply both from the same version of claude-fleet. To change it, destroy one of the two stacks first and apply it again at the end: logins and backups stay.`,
      );
    }
    const theirs = renewedUsers(other);
    for (const { name } of plan.users.filter((user) => user.renewal && theirs.has(user.name))) {
      problems.push(
        `${name} is enrolled by the fleet "${other.fleet}" on this host; remove the user from one of the two.`,
      );
    }
  }
  if (!plan.renewal.adopt) problems.push(...foreign.map(inTheWay));
  return problems;
}

/** Names of the users whom a plan renews. */
export function renewedUsers(plan: HostPlan): ReadonlySet<string> {
  return new Set(plan.users.filter(({ renewal }) => renewal).map(({ name }) => name));
}
