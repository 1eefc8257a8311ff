/** Declares the whole fleet: what its plan wants, where the hosts were found as the review says. */
import * as vault from "@pulumi/vault";
import { FleetVault } from "../components/fleet-vault.ts";
import { MonitoringRules } from "../components/monitoring-rules.ts";
import { UserAccess } from "../components/user-access.ts";
import { WorkstationRetirement } from "../components/workstation-retirement.ts";
import { Workstation } from "../components/workstation.ts";
import type { FleetPlan } from "../plan/model.ts";
import { ownershipLine } from "../plan/ownership.ts";
import { rulesEntries } from "../plan/rules-plan.ts";
import { userPolicy } from "../plan/vault-policy.ts";
import * as requests from "./requests.ts";
import type { FleetReview } from "./review.ts";
import { declareRollout } from "./token-rollout.ts";

/**
 * @param owner the stack, as what it owns in Vault says
 * @returns the workstations, in the review's order
 */
export function declareFleet(plan: FleetPlan, review: FleetReview, owner: string): readonly Workstation[] {
  const provider = new vault.Provider("vault", {
    address: plan.vault.address,
    ...(plan.vault.namespace === "" ? {} : { namespace: plan.vault.namespace }),
    ...(plan.vault.caFile === undefined ? {} : { caCertFile: plan.vault.caFile }),
    ...(plan.vault.versionOverride === undefined ? {} : { vaultVersionOverride: plan.vault.versionOverride }),
  });
  const fleetVault = new FleetVault(plan.fleet, { vault: plan.vault, owner }, { provider });
  const access = declareAccess(plan, owner, { provider, dependsOn: fleetVault.mount ?? [] });

  const retirements = review.workstations.map(
    ({ workstation, wanted, retirement }) =>
      new WorkstationRetirement(workstation.name, {
        request: requests.retireRequest(plan, workstation, wanted),
        users: workstation.users.map(({ name }) => name),
        drift: retirement,
      }),
  );

  const workstations = review.workstations.map(({ workstation, wanted, entries, drift }) => {
    const prepared = workstation.users.flatMap(({ name }) => access.get(name) ?? []);
    return new Workstation(
      workstation.name,
      { request: requests.applyRequest(plan, workstation, wanted), entries, drift },
      { dependsOn: [fleetVault, ...prepared, ...retirements] },
    );
  });

  if (review.rules !== undefined) {
    const { monitoring, wanted, drift } = review.rules;
    const request = requests.rulesRequest(plan, monitoring, wanted);
    new MonitoringRules(plan.fleet, { request, entries: rulesEntries(wanted), drift });
  }

  for (const reviewed of review.tokens) declareRollout(plan, reviewed);
  return workstations;
}

/** What each renewed user owns in Vault, by user. */
function declareAccess(
  plan: FleetPlan,
  owner: string,
  opts: ConstructorParameters<typeof UserAccess>[2],
): ReadonlyMap<string, UserAccess> {
  const users = plan.workstations.flatMap((workstation) => workstation.users);
  return new Map(
    users
      .filter(({ renewal }) => renewal)
      .map((user) => {
        const policy = `${ownershipLine(owner)}\n\n${userPolicy(user)}`;
        return [user.name, new UserAccess(user.name, { fleet: plan.fleet, user, policy }, opts)];
      }),
  );
}
