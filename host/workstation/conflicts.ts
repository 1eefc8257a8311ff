/** Finds what prevents an apply: something that the host lacks, other fleets, files that are not claude-fleet's. */
import { ExpectedError } from "../../lib/expected-error.ts";
import { otherName } from "../../plan/workstation/conflicts.ts";
import { foreignFiles, foreignFileProblem, type ForeignFile } from "../host-files.ts";
import type { HostSystem } from "../system.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/**
 * Refuses an apply that cannot succeed, before it changes anything.
 * @returns the foreign files that the apply may replace
 * @throws {ExpectedError} with every conflict
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

/** Returns what another fleet on this host, or a file of somebody else, has of the plan already; one sentence each. */
export async function conflictsOn(
  system: HostSystem,
  plan: HostPlan,
  former: HostPlan | undefined,
  others: readonly HostPlan[],
): Promise<readonly string[]> {
  return conflicts(plan, others, await foreignFiles(system, plan.files, knownPaths(former, others)));
}

/** Returns the paths of the files that any fleet on this host has written. */
function knownPaths(former: HostPlan | undefined, others: readonly HostPlan[]): ReadonlySet<string> {
  return new Set([...(former?.files ?? []), ...others.flatMap(({ files }) => files)].map(({ path }) => path));
}

function conflicts(plan: HostPlan, others: readonly HostPlan[], foreign: readonly ForeignFile[]): string[] {
  const problems: string[] = [];
  for (const other of others) {
    if (other.program.sha256 !== plan.program.sha256) {
      problems.push(
        `The fleet "${other.fleet}" on this host runs the program ${other.program.version}, and the fleet "${plan.fleet}" wants ${plan.program.version}; apply both from the same version of claude-fleet. To change the version, destroy one of the two stacks first and apply it again at the end. Logins and backups stay.`,
      );
    }
    const theirs = renewedUsers(other);
    for (const { name } of plan.users.filter((user) => user.renewal && theirs.has(user.name))) {
      problems.push(
        `${name} is enrolled by the fleet "${other.fleet}" on this host; remove the user from one of the two fleets.`,
      );
    }
  }
  if (!plan.renewal.adopt) problems.push(...foreign.map(foreignFileProblem));
  return problems;
}

/** Returns the names of the users whom a plan renews. */
export function renewedUsers(plan: HostPlan): ReadonlySet<string> {
  return new Set(plan.users.filter(({ renewal }) => renewal).map(({ name }) => name));
}
