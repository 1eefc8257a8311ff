/** Finds what prevents an apply: other fleets, and files that are not claude-fleet's. */
import { foreignFiles, foreignFileProblem, type ForeignFile } from "../host-files.ts";
import { sudoersProblems } from "../sudoers.ts";
import type { HostSystem } from "../system.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/**
 * Returns the foreign files in the places of the plan's files. `problems` says in one sentence each what another fleet on
 * this host has of the plan already, and which sudoers file this host's sudo would not take. Foreign files are problems, too,
 * unless the plan adopts them.
 */
export async function findConflicts(
  system: HostSystem,
  plan: HostPlan,
  former: HostPlan | undefined,
  others: readonly HostPlan[],
): Promise<{ readonly foreign: readonly ForeignFile[]; readonly problems: readonly string[] }> {
  // Any fleet on this host may have written them.
  const own = [...(former?.files ?? []), ...others.flatMap(({ files }) => files)].map(({ path }) => path);
  const foreign = await foreignFiles(system, plan.files, new Set(own));
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
  problems.push(...(await sudoersProblems(system, plan.files)));
  if (!plan.renewal.adopt) problems.push(...foreign.map(foreignFileProblem));
  return { foreign, problems };
}

/** Returns the names of the users whom a plan renews. */
export function renewedUsers(plan: HostPlan): ReadonlySet<string> {
  return new Set(plan.users.filter(({ renewal }) => renewal).map(({ name }) => name));
}
