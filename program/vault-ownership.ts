/** Looks, before anything is declared, whether the fleet's names in Vault are free or this stack's. */
import * as pulumi from "@pulumi/pulumi";
import { operatorToken } from "../cli/host/vault-admin.ts";
import { describeFailure, VaultClient, type VaultFailure, type VaultResult } from "../lib/vault-client.ts";
import { eachLimited } from "../lib/each-limited.ts";
import type { FleetPlan } from "../plan/model.ts";
import { foreignNames } from "../plan/ownership.ts";

/** Requests to Vault under way at once. */
const PARALLEL = 8;

/**
 * Throws RunError when a name is taken by somebody else and `adopt` is not set, and when Vault does not answer:
 * a sealed, forbidding or unreachable Vault says nothing about what is in it.
 */
export async function checkVaultOwnership(plan: FleetPlan, owner: string): Promise<void> {
  const { vault } = plan;
  const token = await operatorToken(process.env);
  if (token === undefined) {
    throw new pulumi.RunError(
      "there is no Vault token here, so what Vault holds is unknown; export VAULT_TOKEN or run `vault login`",
    );
  }
  const client = new VaultClient({ ...vault, token });
  const known = <T>(result: VaultResult<T>): T | undefined => {
    if (result.kind === "ok") return result.value;
    if (result.kind === "notFound") return undefined;
    throw unknownState(plan, result);
  };
  const roleSuffix = known(await client.tokenRoleSuffix(vault.role));
  const policies = new Map<string, string>();
  if (roleSuffix === undefined) {
    const names = plan.workstations.flatMap(({ users }) => users.map(({ policy }) => policy));
    await eachLimited(names, PARALLEL, async (name) => {
      const text = known(await client.policyText(name));
      if (text !== undefined) policies.set(name, text);
    });
  }
  const foreign = foreignNames(vault.role, owner, { roleSuffix, policies });
  if (foreign.length > 0 && !plan.renewal.adopt) {
    throw new pulumi.RunError(
      `nothing was changed: in Vault at ${vault.address} ${foreign.join("; ")}. Choose another \`claude-fleet:fleet\`, or set \`renewal.adopt: true\` to take it over.`,
    );
  }
}

function unknownState({ vault }: FleetPlan, failure: VaultFailure): pulumi.RunError {
  const remedy =
    failure.kind === "sealed"
      ? "unseal it (`vault operator unseal`) and run this again"
      : failure.kind === "forbidden"
        ? "log in as an identity that may read the fleet's role and policies (`vault token lookup` says who you are)"
        : "start it, or mend the way to it, and run this again";
  return new pulumi.RunError(
    `nothing was changed: Vault at ${vault.address} ${describeFailure(failure)}, so what it holds is unknown; ${remedy}.`,
  );
}
