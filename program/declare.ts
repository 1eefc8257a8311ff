/** Declares the whole fleet: what its plan wants, where the hosts were found as the review says. */
import * as vault from "@pulumi/vault";
import { FleetVault } from "../components/fleet-vault.ts";
import { MonitoringRules } from "../components/monitoring-rules.ts";
import { PurgedBackups } from "../components/purged-backups.ts";
import { StrayTokens } from "../components/stray-tokens.ts";
import { UserAccess } from "../components/user-access.ts";
import { WorkstationRetirement } from "../components/workstation-retirement.ts";
import { Workstation } from "../components/workstation.ts";
import type { FleetPlan } from "../plan/model.ts";
import { rulesEntries } from "../plan/drift/prometheus-rules.ts";
import { accessPolicy } from "../plan/vault/entry-metadata.ts";
import { connectionOf, vaultAccessOf } from "../plan/requests/connection.ts";
import { applyInput, retireInput } from "../plan/requests/workstation.ts";
import { renewedUsers } from "../plan/drift/vault.ts";
import { metadataPath, nameInVault } from "../plan/vault/names.ts";
import type { FleetReview } from "./review.ts";
import { declareRollout } from "./token-rollout.ts";
import { succeeded, tried } from "./turn.ts";

/**
 * @param owner the stack, as what it owns in Vault says
 * @returns the workstations, in the review's order
 */
export async function declareFleet(
  plan: FleetPlan,
  review: FleetReview,
  owner: string,
): Promise<readonly Workstation[]> {
  const provider = new vault.Provider("vault", {
    address: plan.vault.address,
    ...(plan.vault.namespace === "" ? {} : { namespace: plan.vault.namespace }),
    ...(plan.vault.caFile === undefined ? {} : { caCertFile: plan.vault.caFile }),
    ...(plan.vault.versionOverride === undefined ? {} : { vaultVersionOverride: plan.vault.versionOverride }),
  });
  const fleetVault = new FleetVault(plan.fleet, { vault: plan.vault, owner }, { provider });
  const access = declareAccess(plan, owner, { provider, dependsOn: fleetVault.mount ?? [] });

  const retirements = new Map(
    review.workstations.map(({ workstation, wanted, retirement }) => [
      workstation.name,
      new WorkstationRetirement(workstation.name, {
        request: retireInput(plan, workstation, wanted),
        users: workstation.users.map(({ name }) => name),
        drift: retirement,
      }),
    ]),
  );

  // An apply then finds its users' policies, and one that Vault refused costs that user alone.
  await tried([...access.values()].flatMap(({ policy, metadata }) => [policy, metadata]));
  const applies = review.workstations.map(async ({ workstation, wanted, entries, drift, after }) => {
    const held = !(await succeeded(after.flatMap((name) => retirements.get(name)?.command ?? [])));
    return new Workstation(
      workstation.name,
      { request: applyInput(plan, workstation, wanted), entries, drift, held },
      { dependsOn: fleetVault },
    );
  });

  if (review.rules !== undefined) {
    const { monitoring, wanted, drift } = review.rules;
    const request = {
      connection: connectionOf(plan, monitoring),
      request: { action: "rules", rules: wanted } as const,
    };
    new MonitoringRules(plan.fleet, { request, entries: rulesEntries(wanted), drift });
  }

  // It waits for nobody: what nobody has now, no host will have later.
  if (plan.vault.strayTokens === "look") {
    new StrayTokens(plan.fleet, {
      request: { fleet: plan.fleet, vault: vaultAccessOf(plan) },
      drift: review.strays.drift,
    });
  }

  const rollouts = review.tokens.map((reviewed) => declareRollout(plan, reviewed));
  await declarePurges(plan, review, [...retirements.values()]);
  await Promise.all(rollouts);
  return Promise.all(applies);
}

async function declarePurges(
  plan: FleetPlan,
  { purges }: FleetReview,
  retirements: readonly WorkstationRetirement[],
): Promise<void> {
  if (purges.length === 0) return;
  const held = !(await succeeded(retirements.map(({ command }) => command)));
  for (const { user, drift } of purges) {
    const request = {
      fleet: plan.fleet,
      user,
      metadataPath: metadataPath(plan.vault, user),
      vault: vaultAccessOf(plan),
    };
    new PurgedBackups(user, { request, drift, held });
  }
}

/** What each renewed user owns in Vault, by user. */
function declareAccess(
  plan: FleetPlan,
  owner: string,
  opts: ConstructorParameters<typeof UserAccess>[2],
): ReadonlyMap<string, UserAccess> {
  return new Map(
    renewedUsers(plan).map((user) => {
      const policy = accessPolicy(owner, user);
      // A renamed user's resources stay those that they are.
      return [user.name, new UserAccess(nameInVault(user), { fleet: plan.fleet, user, policy }, opts)];
    }),
  );
}
