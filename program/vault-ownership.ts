/** Looks, before anything is declared, whether the fleet's names in Vault are free or this stack's. */
import * as pulumi from "@pulumi/pulumi";
import type { FleetPlan } from "../plan/model.ts";
import { foreignNames } from "../plan/vault/ownership.ts";
import type { VaultSeen } from "../plan/drift/vault.ts";

/** @throws RunError when a name is taken by somebody else and `adopt` is not set */
export function checkVaultOwnership(plan: FleetPlan, owner: string, { role, policies }: VaultSeen): void {
  const { vault } = plan;
  const foreign = foreignNames(vault.role, owner, { roleSuffix: role?.pathSuffix, policies });
  if (foreign.length > 0 && !plan.renewal.adopt) {
    throw new pulumi.RunError(
      `nothing was changed: in Vault at ${vault.address} ${foreign.join("; ")}. Choose another \`claude-fleet:fleet\`, or set \`renewal.adopt: true\` to take it over.`,
    );
  }
}
