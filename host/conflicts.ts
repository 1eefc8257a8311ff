/** What stands in the way of an apply: a host that lacks something, other fleets, files that are not ours. */
import { ExpectedError } from "../lib/expected-error.ts";
import { foreignFiles, inTheWay, type ForeignFile } from "./host-files.ts";
import type { HostPlan } from "./protocol/workstation.ts";
import type { HostSystem } from "./system.ts";

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
    ...nameConflict(plan, former),
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
  const foreign = await foreignFiles(system, plan.files, knownPaths(former, others));
  return [...nameConflict(plan, former), ...conflicts(plan, others, foreign)];
}

/**
 * A workstation's other name in the roster, a sentence. Tokens bear the name of their host, and cannot be changed: under
 * another one they would be nobody's, and the removal of the former entry, which comes last, would undo the new one's apply.
 */
export function nameConflict(plan: HostPlan, former: HostPlan | undefined): readonly string[] {
  if (former === undefined || former.host === plan.host) return [];
  return [
    `This machine is the workstation "${former.host}" of this fleet. To name it "${plan.host}", take it and its users out of the roster, run \`pulumi up\`, and add them by the new name then; logins and backups stay. Where it is a copy of that machine, remove /etc/claude-fleet/${plan.fleet} on it instead.`,
  ];
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
