/** Declares the components of the whole fleet, and orders those that may leave it. */
import type * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { FleetVault } from "../components/fleet-vault.ts";
import { MonitoringRules } from "../components/monitoring-rules.ts";
import { PurgedBackups } from "../components/purged-backups.ts";
import { finished, succeeded } from "../components/resource-outcome.ts";
import { UnownedTokens } from "../components/unowned-tokens.ts";
import { UserAccess } from "../components/user-access.ts";
import { WorkstationUnenrolment } from "../components/workstation-unenrolment.ts";
import { Workstation } from "../components/workstation.ts";
import { rulesEntries } from "../plan/monitoring/rules-plan.ts";
import { renewedUsers } from "../plan/drift/vault.ts";
import type { FleetPlan, VaultPlan } from "../plan/model.ts";
import { connectionOf, vaultAccessOf } from "../plan/requests/connection.ts";
import { applyInput, unenrolInput } from "../plan/requests/workstation.ts";
import { metadataPath, nameInVault } from "../plan/vault/names.ts";
import { declareToken } from "./declare-token.ts";
import type { FleetReview } from "./review.ts";
import { accessPolicy } from "../plan/vault/user-policy.ts";

/**
 * Declares everything, and waits until the engine has finished with what orders the rest.
 * @param owner the stack, as its policies and its token role name it
 * @returns the workstations, in the review's order
 */
export async function declareFleet(
  plan: FleetPlan,
  review: FleetReview,
  owner: string,
): Promise<readonly Workstation[]> {
  const provider = vaultProvider(plan.vault);
  const fleetVault = new FleetVault(plan.fleet, { vault: plan.vault, owner }, { provider });
  const access = declareAccess(plan, owner, { provider, dependsOn: fleetVault.mount ?? [] });
  const unenrolments = declareUnenrolments(plan, review);

  // An apply finds its users' policies then. A policy that Vault refused fails for its user only.
  await finished(access.flatMap(({ policy, metadata }) => [policy, metadata]));
  const applies = review.workstations.map(async ({ workstation, wanted, entries, drift, after }) => {
    const held = !(await succeeded(after.flatMap((name) => unenrolments.get(name)?.command ?? [])));
    const input = applyInput(plan, workstation, wanted);
    const args = { request: input, entries, drift, held };
    return new Workstation(workstation.name, args, { dependsOn: fleetVault });
  });

  declareRules(plan, review);
  if (plan.vault.strayTokens === "look") {
    // The agents of users who left have stopped then, so that no run fails for a token that is revoked under it.
    await finished([...unenrolments.values()].map(({ command }) => command));
    const request = { fleet: plan.fleet, vault: vaultAccessOf(plan) };
    new UnownedTokens(plan.fleet, { request, drift: review.unowned.drift });
  }
  const declared = review.tokens.filter(({ withheld }) => withheld === undefined);
  const tokens = declared.map((token) => declareToken(plan, token));
  await declarePurges(plan, review, [...unenrolments.values()]);
  await Promise.all(tokens);
  return Promise.all(applies);
}

function vaultProvider({ address, namespace, caFile, versionOverride }: VaultPlan): vault.Provider {
  return new vault.Provider("vault", {
    address,
    ...(namespace === "" ? {} : { namespace }),
    ...(caFile === undefined ? {} : { caCertFile: caFile }),
    ...(versionOverride === undefined ? {} : { vaultVersionOverride: versionOverride }),
  });
}

/** Declares what each renewed user owns in Vault. */
function declareAccess(
  plan: FleetPlan,
  owner: string,
  opts: pulumi.ComponentResourceOptions,
): readonly UserAccess[] {
  return renewedUsers(plan).map((user) => {
    const policy = accessPolicy(owner, user);
    // A renamed user keeps their resources.
    return new UserAccess(nameInVault(user), { fleet: plan.fleet, user, policy }, opts);
  });
}

/** @returns the unenrolments, by workstation */
function declareUnenrolments(
  plan: FleetPlan,
  { workstations }: FleetReview,
): ReadonlyMap<string, WorkstationUnenrolment> {
  return new Map(
    workstations.map(({ workstation, wanted, unenrolDrift }) => [
      workstation.name,
      new WorkstationUnenrolment(workstation.name, {
        request: unenrolInput(plan, workstation, wanted),
        users: workstation.users.map(({ name }) => name),
        drift: unenrolDrift,
      }),
    ]),
  );
}

function declareRules(plan: FleetPlan, { rules }: FleetReview): void {
  if (rules === undefined) return;
  const { monitoring, wanted, drift } = rules;
  const request = {
    connection: connectionOf(plan, monitoring),
    request: { action: "rules", rules: wanted } as const,
  };
  new MonitoringRules(plan.fleet, { request, entries: rulesEntries(wanted), drift });
}

/** Declares the destruction of backups behind the unenrolments, because a running agent would store the next backup. */
async function declarePurges(
  plan: FleetPlan,
  { purges }: FleetReview,
  unenrolments: readonly WorkstationUnenrolment[],
): Promise<void> {
  if (purges.length === 0) return;
  const held = !(await succeeded(unenrolments.map(({ command }) => command)));
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
