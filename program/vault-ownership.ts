/** Looks, before anything is declared, whether the fleet's names in Vault are free or this stack's. */
import * as pulumi from "@pulumi/pulumi";
import { operatorToken } from "../cli/host/vault-admin.ts";
import { describeFailure, VaultClient, type VaultFailure, type VaultResult } from "../lib/vault-client.ts";
import { eachLimited } from "../lib/each-limited.ts";
import type { FleetPlan } from "../plan/model.ts";
import { foreignNames } from "../plan/ownership.ts";
import { ROLLOUT_ONLY } from "./rollout-only.ts";

/** Requests to Vault under way at once. */
const PARALLEL = 8;

/** Vault did not say what it has. The message is why. */
class SilentVault extends Error {
  constructor(
    why: string,
    readonly remedy: string,
  ) {
    super(why);
  }
}

/**
 * Throws RunError when a name is taken by somebody else and `adopt` is not set, and when Vault does not answer:
 * a sealed, forbidding or unreachable Vault says nothing about what is in it. Where nothing but a rollout is to be done
 * such a Vault is only warned of.
 */
export async function checkVaultOwnership(
  plan: FleetPlan,
  owner: string,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const foreign = await foreignInVault(plan, owner, variables).catch((error: unknown) => {
    if (!(error instanceof SilentVault)) throw error;
    const unknown = `${error.message}, so what it holds is unknown`;
    if (variables[ROLLOUT_ONLY] === undefined) {
      throw new pulumi.RunError(`nothing was changed: ${unknown}; ${error.remedy}.`);
    }
    void pulumi.log.warn(`${unknown}. A rollout needs nothing from it and goes on.`);
    return [];
  });
  if (foreign.length > 0 && !plan.renewal.adopt) {
    throw new pulumi.RunError(
      `nothing was changed: in Vault at ${plan.vault.address} ${foreign.join("; ")}. Choose another \`claude-fleet:fleet\`, or set \`renewal.adopt: true\` to take it over.`,
    );
  }
}

/** @throws {SilentVault} when Vault does not say what it has */
async function foreignInVault(
  plan: FleetPlan,
  owner: string,
  variables: NodeJS.ProcessEnv,
): Promise<readonly string[]> {
  const { vault } = plan;
  const token = await operatorToken(variables);
  if (token === undefined) {
    throw new SilentVault(
      `there is no token for Vault at ${vault.address} here`,
      "export VAULT_TOKEN or run `vault login`, then run this again",
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
  return foreignNames(vault.role, owner, { roleSuffix, policies });
}

function unknownState({ vault }: FleetPlan, failure: VaultFailure): SilentVault {
  const remedy =
    failure.kind === "sealed"
      ? "unseal it (`vault operator unseal`) and run this again"
      : failure.kind === "forbidden"
        ? "log in as an identity that may read the fleet's role and policies (`vault token lookup` says who you are)"
        : "start it, or mend the way to it, and run this again";
  return new SilentVault(`Vault at ${vault.address} ${describeFailure(failure)}`, remedy);
}
