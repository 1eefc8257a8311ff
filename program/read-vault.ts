/** Reads what Vault has under the fleet's names, before anything is declared. Whatever hides it is an error. */
import * as pulumi from "@pulumi/pulumi";
import { operatorToken } from "../remote/vault-admin.ts";
import { eachLimited } from "../lib/each-limited.ts";
import { VaultClient } from "../lib/vault-client.ts";
import { describeFailure, type VaultFailure, type VaultResult } from "../lib/vault-result.ts";
import type { FleetPlan } from "../plan/model.ts";
import { renewedUsers, type VaultSeen } from "../plan/drift/vault.ts";
import { listTokens, PARALLEL, type TokenList } from "./review-strays.ts";
import { ROLLOUT_ONLY } from "./rollout-only.ts";
import { metadataPath } from "../plan/vault/names.ts";

/** What was read, and by whom. */
export interface VaultRead {
  readonly client: VaultClient;
  readonly seen: VaultSeen;
  /** Of every maker; undefined when nobody wants to know. */
  readonly tokens: TokenList | undefined;
}

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
 * Reads what Vault has of this fleet.
 * @param everything policies and metadata of all users, too: a review's words need them
 * @returns undefined where nothing but a rollout is to be done and Vault does not answer: a rollout needs nothing from it
 * @throws RunError when Vault does not answer: sealed, forbidding or away, it says nothing about what is in it
 */
export async function readVault(
  plan: FleetPlan,
  everything: boolean,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<VaultRead | undefined> {
  const rolloutOnly = variables[ROLLOUT_ONLY] !== undefined;
  try {
    const client = await openVault(plan, variables);
    const seen = await readNames(client, plan, everything);
    return { client, seen, tokens: rolloutOnly ? undefined : await listTokens(client, plan.vault) };
  } catch (error) {
    if (!(error instanceof SilentVault)) throw error;
    const unknown = `${error.message}, so what it holds is unknown`;
    if (!rolloutOnly) throw new pulumi.RunError(`nothing was changed: ${unknown}; ${error.remedy}.`);
    void pulumi.log.warn(`${unknown}. A rollout needs nothing from it and goes on.`);
    return undefined;
  }
}

/**
 * The token role, and with it the users' policies and metadata where they are asked for: without a role they alone say
 * whose the names are.
 */
async function readNames(client: VaultClient, plan: FleetPlan, everything: boolean): Promise<VaultSeen> {
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

async function openVault({ vault }: FleetPlan, variables: NodeJS.ProcessEnv): Promise<VaultClient> {
  const token = await operatorToken(variables);
  if (token === undefined) {
    throw new SilentVault(
      `there is no token for Vault at ${vault.address} here`,
      "export VAULT_TOKEN or run `vault login`, then run this again",
    );
  }
  return new VaultClient({ ...vault, token });
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
