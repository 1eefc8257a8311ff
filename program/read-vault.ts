/** Reads what Vault has under the fleet's names, before anything is declared. Whatever hides it is an error. */
import * as pulumi from "@pulumi/pulumi";
import { operatorToken } from "../cli/host/vault-admin.ts";
import { eachLimited } from "../lib/each-limited.ts";
import { describeFailure, VaultClient, type VaultFailure, type VaultResult } from "../lib/vault-client.ts";
import type { FleetPlan } from "../plan/model.ts";
import { renewedUsers, type VaultSeen } from "../plan/vault-drift.ts";
import { metadataPath } from "../plan/vault-names.ts";

/** Requests to Vault under way at once. */
export const PARALLEL = 8;

/**
 * The token role, and with it the users' policies and metadata where they are asked for: a review's words need them,
 * and without a role they alone say whose the names are.
 * @throws RunError when Vault does not answer: sealed, forbidding or away, it says nothing about what is in it
 */
export async function readVault(plan: FleetPlan, everything: boolean): Promise<VaultSeen> {
  const client = await openVault(plan);
  const known = <T>(result: VaultResult<T>): T | undefined => {
    if (result.kind === "ok") return result.value;
    if (result.kind === "notFound") return undefined;
    throw unknownState(plan, result);
  };
  const role = known(await client.tokenRole(plan.vault.role));
  const users = renewedUsers(plan);
  const named = async <T>(
    wanted: boolean,
    names: readonly string[],
    read: (name: string) => Promise<VaultResult<T>>,
  ) => {
    const found = await eachLimited(
      wanted ? names : [],
      PARALLEL,
      async (name) => [name, known(await read(name))] as const,
    );
    return new Map(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
  };
  return {
    role,
    policies: await named(
      everything || role === undefined,
      users.map(({ policy }) => policy),
      (name) => client.policyText(name),
    ),
    metadata: await named(
      true,
      [
        ...(everything ? users.map((user) => user.metadataPath) : []),
        ...plan.renewal.purgeBackupsOf.map((user) => metadataPath(plan.vault, user)),
      ],
      (path) => client.kvMetadata(path),
    ),
  };
}

/** Vault as the operator. @throws RunError without a token */
export async function openVault({ vault }: FleetPlan): Promise<VaultClient> {
  const token = await operatorToken(process.env);
  if (token === undefined) {
    throw new pulumi.RunError(
      "there is no Vault token here, so what Vault holds is unknown; export VAULT_TOKEN or run `vault login`",
    );
  }
  return new VaultClient({ ...vault, token });
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
