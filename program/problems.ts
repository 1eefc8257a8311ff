/** Says why nothing may be declared: one sentence for each problem. Pure. */
import { changeLimitProblems } from "../plan/change-limits.ts";
import { composeProblems, engineProblems, otherConsumers } from "../plan/drift/token-host.ts";
import type { ObservedVault } from "../plan/drift/vault.ts";
import type { FleetPlan } from "../plan/model.ts";
import { foreignNames } from "../plan/vault/ownership.ts";
import { hostConflicts, otherNames, sameMachines } from "../plan/workstation/conflicts.ts";
import type { ObservedFleet, ObservedWorkstation } from "./observe.ts";

/** Returns why the fleet's names in Vault are not this stack's to use; empty when they are free, its own, or adopted. */
export function ownershipProblems(
  { vault, renewal }: FleetPlan,
  owner: string,
  { role, policies }: ObservedVault,
): readonly string[] {
  const foreign = foreignNames(vault.role, owner, { roleSuffix: role?.pathSuffix, policies });
  if (foreign.length === 0 || renewal.adopt) return [];
  return [
    `in Vault at ${vault.address} ${foreign.join("; ")}. Choose another \`claude-fleet:fleet\`, or set \`renewal.adopt: true\` to take it over.`,
  ];
}

/** Returns why the hosts do not allow an `up`; empty when they do. */
export function fleetProblems(
  plan: FleetPlan,
  observed: ObservedFleet,
  { preview }: { readonly preview: boolean },
): readonly string[] {
  const workstations = reportedBy(observed.workstations);
  return [
    ...changeLimitProblems(workstations, plan.renewal.maxChangesPerUp),
    ...observed.tokens.flatMap(({ token, observed }) => {
      if (observed.kind === "unknown") return [];
      return [composeProblems, engineProblems, otherConsumers].flatMap((problems) =>
        problems(token, observed.observation),
      );
    }),
    ...sameMachines(workstations),
    ...otherNames(workstations),
    // An `up` fails on that host alone, and goes on elsewhere.
    ...(preview ? hostConflicts(workstations) : []),
  ];
}

/** Returns plan and observation of each workstation, as the decisions about several of them take it. */
export function reportedBy(workstations: readonly ObservedWorkstation[]) {
  return workstations.map(({ wanted, observed }) => ({
    plan: wanted,
    observation: observed.kind === "seen" ? observed.observation : undefined,
  }));
}
