/** Reads what Vault holds under the fleet's names, before anything is declared. */
import * as pulumi from "@pulumi/pulumi";
import { ROLLOUT_ONLY_VARIABLE } from "../contract/command-input.ts";
import { eachLimited } from "../lib/each-limited.ts";
import { VaultClient } from "../lib/vault-api.ts";
import { describeFailure, type VaultFailure, type VaultResult } from "../lib/vault-result.ts";
import { renewedUsers, type ObservedVault } from "../plan/drift/vault.ts";
import type { FleetPlan } from "../plan/model.ts";
import { metadataPath } from "../plan/vault/names.ts";
import { operatorToken } from "../remote/operator-token.ts";
import { listTokens, VAULT_REQUESTS_AT_ONCE, type TokenList } from "../remote/fleet-tokens.ts";

/** What was read, and the client that read it. */
export interface VaultRead {
  readonly client: VaultClient;
  readonly seen: ObservedVault;
  /** All tokens of Vault, or why they cannot be listed; undefined for a rollout, which needs none of them. */
  readonly tokens: TokenList | undefined;
}

/** Vault did not say what it holds. The message is a clause that says why. */
class VaultUnknownError extends Error {
  constructor(
    why: string,
    readonly remedy: string,
  ) {
    super(why);
  }
}

/**
 * Reads what Vault holds of this fleet.
 * @param everything whether to read the metadata of all users' backups too, as a drift review needs it
 * @returns undefined when only a rollout is to be done and Vault does not answer: a rollout needs nothing from Vault
 * @throws RunError when Vault does not answer: what a sealed, forbidding or absent Vault holds is unknown
 */
export async function readVault(
  plan: FleetPlan,
  everything: boolean,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<VaultRead | undefined> {
  const rolloutOnly = variables[ROLLOUT_ONLY_VARIABLE] !== undefined;
  try {
    const client = await openVault(plan, variables);
    const seen = await readNames(client, plan, { policies: !rolloutOnly, metadata: everything });
    return { client, seen, tokens: rolloutOnly ? undefined : await listTokens(client) };
  } catch (error) {
    if (!(error instanceof VaultUnknownError)) throw error;
    const unknown = `${error.message}, so what it holds is unknown`;
    if (!rolloutOnly) {
      const waiting = `${waitingFor(plan)} resources of this stack wait for it`;
      throw new pulumi.RunError(`nothing was changed: ${unknown}, and ${waiting}; ${error.remedy}.`);
    }
    void pulumi.log.warn(`${unknown}. A rollout needs nothing from it and goes on.`);
    return undefined;
  }
}

/**
 * Reads the token role, and the users' policies and metadata where they are asked for. Without a role, only the policies
 * say who owns the fleet's names.
 */
async function readNames(
  client: VaultClient,
  plan: FleetPlan,
  ofUsers: { readonly policies: boolean; readonly metadata: boolean },
): Promise<ObservedVault> {
  const known = <T>(result: VaultResult<T>): T | undefined => {
    if (result.kind === "ok") return result.value;
    if (result.kind === "notFound") return undefined;
    throw vaultUnknown(plan, result);
  };
  const readEach = async <T>(
    names: readonly string[],
    read: (name: string) => Promise<VaultResult<T>>,
  ): Promise<ReadonlyMap<string, T>> => {
    const entry = async (name: string) => [name, known(await read(name))] as const;
    const found = await eachLimited(names, VAULT_REQUESTS_AT_ONCE, entry);
    return new Map(found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
  };
  const role = known(await client.tokenRole(plan.vault.role));
  const users = renewedUsers(plan);
  const policies = ofUsers.policies || role === undefined ? users.map(({ policy }) => policy) : [];
  const entries = [
    ...(ofUsers.metadata ? users.map((user) => user.metadataPath) : []),
    ...plan.renewal.purgeBackupsOf.map((user) => metadataPath(plan.vault, user)),
  ];
  return {
    role,
    policies: await readEach(policies, (name) => client.policyText(name)),
    metadata: await readEach(entries, (path) => client.kvMetadata(path)),
  };
}

async function openVault({ vault }: FleetPlan, variables: NodeJS.ProcessEnv): Promise<VaultClient> {
  const token = await operatorToken(variables);
  if (token !== undefined) return new VaultClient({ ...vault, token });
  throw new VaultUnknownError(
    `there is no token for Vault at ${vault.address} here`,
    "export VAULT_TOKEN or run `vault login`, then run this again",
  );
}

/** Returns how many resources of the stack need Vault: the role, two of each renewed user, and two of each workstation. */
function waitingFor(plan: FleetPlan): number {
  return 1 + 2 * renewedUsers(plan).length + 2 * plan.workstations.length;
}

function vaultUnknown({ vault }: FleetPlan, failure: VaultFailure): VaultUnknownError {
  return new VaultUnknownError(
    `Vault at ${vault.address} ${describeFailure(failure)}`,
    remedyFor(failure, vault.namespace),
  );
}

function remedyFor(failure: VaultFailure, namespace: string): string {
  const correct = `correct claude-fleet:vault.namespace (now "${namespace}")`;
  switch (failure.kind) {
    case "sealed":
      return "unseal it (`vault operator unseal`) and run this again";
    case "forbidden": {
      const who =
        "log in as an identity that may read the fleet's role and policies (`vault token lookup` says who you are)";
      return namespace === "" ? who : `${who}, or ${correct}`;
    }
    case "failed":
      // A namespace or a path that Vault does not have is answered so, with a reason.
      return failure.status === 404
        ? `${correct} or claude-fleet:vault.address, and run this again`
        : "read its log, and run this again";
    default:
      return "start it, or repair the way to it, and run this again";
  }
}
