/** Reads from Vault which tokens of a fleet live. Vault's metadata says whose a token is; what hosts report does not count. */
import { setTimeout as sleep } from "node:timers/promises";
import { eachLimited } from "../lib/each-limited.ts";
import { tokenDifference } from "../lib/token-identity.ts";
import type { VaultClient } from "../lib/vault-api.ts";
import type { VaultFailure } from "../lib/vault-result.ts";
import type { TokenInfo } from "../lib/vault-token-schema.ts";
import type { FleetToken } from "../plan/vault/token-owners.ts";
import { policyName } from "../plan/vault/names.ts";

/** Requests to Vault that run at the same time. */
export const VAULT_REQUESTS_AT_ONCE = 8;

/** Most tokens of a namespace, of any role, that are looked up one by one. */
export const MOST_TOKENS = 20_000;

/**
 * Milliseconds before a listed token may be looked up. Vault writes a token before its lease, and revokes a token without
 * a lease when it is looked up.
 * Source: `lookupInternal` in https://github.com/openbao/openbao/blob/v2.6.2/vault/token_store.go
 */
const SETTLED_MS = 1000;

/** What tells a fleet's tokens from others: the role that mints them, and the fleet in their metadata. */
export interface FleetRole {
  readonly fleet: string;
  readonly role: string;
  readonly tokenPeriodSeconds: number;
}

/** The accessors of all tokens that Vault had at one moment, of any role. `at`: that moment, in milliseconds since the epoch. */
export type TokenList = Awaited<ReturnType<typeof listTokens>>;

/** Lists the accessors of all tokens of Vault. */
export async function listTokens(client: VaultClient) {
  const accessors = await client.listAccessors();
  return { accessors, at: Date.now() };
}

/** The fleet's tokens among some accessors, or the first failure after which nothing may be concluded. */
export type FoundTokens =
  | { readonly kind: "ok"; readonly tokens: readonly FleetToken[] }
  | { readonly kind: "failed"; readonly failure: VaultFailure };

/** Looks up listed accessors, and returns the fleet's tokens among them. A token that has ended since is no failure. */
export async function lookUpListed(
  client: VaultClient,
  fleet: FleetRole,
  accessors: readonly string[],
  listedAt: number,
): Promise<FoundTokens> {
  await sleep(Math.max(0, listedAt + SETTLED_MS - Date.now()));
  return lookUp(client, fleet, accessors, () => false);
}

/** Looks up accessors that hosts report. An accessor that Vault calls malformed is no token, and no failure. */
export function lookUpClaimed(
  client: VaultClient,
  fleet: FleetRole,
  accessors: readonly string[],
): Promise<FoundTokens> {
  return lookUp(client, fleet, accessors, ({ kind, status = 0 }) => kind === "failed" && status < 500);
}

async function lookUp(
  client: VaultClient,
  fleet: FleetRole,
  accessors: readonly string[],
  isNoToken: (failure: VaultFailure & { readonly status?: number }) => boolean,
): Promise<FoundTokens> {
  let failure: VaultFailure | undefined;
  const found = await eachLimited([...new Set(accessors)], VAULT_REQUESTS_AT_ONCE, async (accessor) => {
    // After a failure the others would fail, too.
    if (failure !== undefined) return [];
    const result = await client.lookupAccessor(accessor);
    if (result.kind === "ok") return fleetToken(result.value, fleet);
    if (result.kind !== "notFound" && !isNoToken(result)) failure = result;
    return [];
  });
  return failure === undefined ? { kind: "ok", tokens: found.flat() } : { kind: "failed", failure };
}

/** Returns the token as the fleet's, or nothing when another role or no role made it. */
function fleetToken(info: TokenInfo, { fleet, role, tokenPeriodSeconds }: FleetRole): readonly FleetToken[] {
  if (info.role !== role || info.meta["fleet"] !== fleet) return [];
  const { user, host } = info.meta;
  const owner = { fleet, user: user ?? "", host: host ?? "" };
  const wanted = {
    ...owner,
    role,
    policy: policyName(fleet, owner.user),
    periodSeconds: tokenPeriodSeconds,
  };
  return [{ accessor: info.accessor, user, host, flaw: tokenDifference(info, wanted) }];
}
