/** The program: settings + roster -> plan -> what the hosts say -> components. */
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { buildPrograms } from "./build/programs.ts";
import { FleetVault } from "./components/fleet-vault.ts";
import { UserAccess } from "./components/user-access.ts";
import { WorkstationRetirement } from "./components/workstation-retirement.ts";
import { Workstation } from "./components/workstation.ts";
import { ownershipLine } from "./plan/ownership.ts";
import { userPolicy } from "./plan/vault-policy.ts";
import { readPlan } from "./program/read-plan.ts";
import * as requests from "./program/requests.ts";
import { failOnUnknown, reviewFleet } from "./program/review.ts";
import { declareRollout } from "./program/token-rollout.ts";
import { checkVaultOwnership } from "./program/vault-ownership.ts";
import { loginCommands } from "./program/outputs.ts";

const root = import.meta.dirname;
const owner = `${pulumi.getProject()}-${pulumi.getStack()}`;

const plan = readPlan(root);
await checkVaultOwnership(plan, owner);
const review = await reviewFleet(plan, await buildPrograms(root));

const vaultProvider = new vault.Provider("vault", {
  address: plan.vault.address,
  ...(plan.vault.namespace === "" ? {} : { namespace: plan.vault.namespace }),
  ...(plan.vault.caFile === undefined ? {} : { caCertFile: plan.vault.caFile }),
  ...(plan.vault.versionOverride === undefined ? {} : { vaultVersionOverride: plan.vault.versionOverride }),
});
const fleetVault = new FleetVault(plan.fleet, { vault: plan.vault, owner }, { provider: vaultProvider });

const users = plan.workstations.flatMap((workstation) => workstation.users).filter(({ renewal }) => renewal);
const access = new Map(
  users.map((user) => [
    user.name,
    new UserAccess(
      user.name,
      { fleet: plan.fleet, user, policy: `${ownershipLine(owner)}\n\n${userPolicy(user)}` },
      { provider: vaultProvider, dependsOn: fleetVault.mount ?? [] },
    ),
  ]),
);

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

for (const reviewed of review.tokens) declareRollout(plan, reviewed);

/** Users who must log in once before they can be renewed, each with the command to type as that user. */
export const awaitingLogin = loginCommands(review.workstations, workstations);

failOnUnknown(review);
