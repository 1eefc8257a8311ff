/** Searches Vault for unowned tokens: those of the fleet's role that no host has. */
import { setTimeout as sleep } from "node:timers/promises";
import { eachLimited } from "../lib/each-limited.ts";
import type { VaultClient } from "../lib/vault-api.ts";
import { describeFailure, type VaultFailure } from "../lib/vault-result.ts";
import { unownedTokens, type FleetToken, type TokenOwners } from "../plan/drift/unowned-tokens.ts";
import type { FleetPlan, VaultPlan } from "../plan/model.ts";
import { nameInVault } from "../plan/vault/names.ts";
import type { ObservedWorkstation } from "./observe.ts";

/** Requests to Vault that run at the same time. */
export const VAULT_REQUESTS_AT_ONCE = 8;

/** Most tokens of a namespace, of any role, that a search looks up one by one. */
const MOST_TOKENS = 20_000;

/**
 * Milliseconds before a listed token may be looked up. Vault writes a token before its lease, and revokes a token without
 * a lease when it is looked up.
 * Source: `lookupInternal` in https://github.com/openbao/openbao/blob/v2.6.2/vault/token_store.go
 */
const SETTLED_MS = 1000;

const TURN_OFF = "set `vault.strayTokens: leave`, which turns this search off";

/** All tokens that Vault had at one moment, of any role. `at`: that moment, in milliseconds since the epoch. */
export type TokenList = NonNullable<Awaited<ReturnType<typeof listTokens>>>;

/** The outcome of a search. */
export interface UnownedSearch {
  readonly tokens: readonly FleetToken[];
  /** Why the search failed, as a clause; undefined when it did not. */
  readonly unknown: string | undefined;
}

const NOTHING: UnownedSearch = { tokens: [], unknown: undefined };

/**
 * Lists all tokens of Vault. List them before asking the hosts: a token that is created in between is then never
 * reported as unowned.
 * @returns undefined when the settings turn the search off
 */
export async function listTokens(client: VaultClient, { strayTokens }: VaultPlan) {
  if (strayTokens === "leave") return undefined;
  const accessors = await client.listAccessors();
  return { accessors, at: Date.now() };
}

/** Looks up each listed token and returns those of the fleet's role that no workstation has. */
export async function findUnownedTokens(
  { fleet, vault }: Pick<FleetPlan, "fleet" | "vault">,
  { client, tokens: list }: { readonly client: VaultClient; readonly tokens: TokenList | undefined },
  owners: TokenOwners,
): Promise<UnownedSearch> {
  if (list === undefined || list.accessors.kind === "notFound") return NOTHING;
  if (list.accessors.kind !== "ok") return failed(list.accessors);
  const accessors = list.accessors.value;
  if (accessors.length > MOST_TOKENS) {
    return unknown(
      `Vault has ${accessors.length} tokens, more than the ${MOST_TOKENS} that a search looks up; ${TURN_OFF}`,
    );
  }
  await sleep(list.at + SETTLED_MS - Date.now());
  const found = await eachLimited(accessors, VAULT_REQUESTS_AT_ONCE, (accessor) =>
    client.lookupAccessor(accessor),
  );
  // A token that has ended since it was listed is not found, and no failure.
  const failure = found.find((result) => result.kind !== "ok" && result.kind !== "notFound");
  if (failure !== undefined) return failed(failure);
  const tokens = found.flatMap((result) => {
    if (result.kind !== "ok" || result.value.role !== vault.role || result.value.meta["fleet"] !== fleet)
      return [];
    const { accessor, meta } = result.value;
    return [{ accessor, user: meta["user"], host: meta["host"] }];
  });
  return { tokens: unownedTokens(tokens, owners), unknown: undefined };
}

/** Returns which tokens the workstations report, by the names that Vault knows their users by. */
export function tokenOwners(workstations: readonly ObservedWorkstation[]): TokenOwners {
  return {
    workstations: new Map(
      workstations.map(({ wanted, observed }) => {
        if (observed.kind === "unknown") return [wanted.host, undefined];
        const names = new Map(wanted.users.map((user) => [user.name, nameInVault(user)]));
        const users = observed.observation.users.map((user) => ({
          ...user,
          name: names.get(user.name) ?? user.name,
        }));
        return [wanted.host, { users }];
      }),
    ),
  };
}

function failed(failure: VaultFailure): UnownedSearch {
  const remedy =
    failure.kind === "forbidden"
      ? `log in as an identity that may list auth/token/accessors (sudo) and look accessors up, or ${TURN_OFF}`
      : "repair that, and run this again";
  return unknown(`Vault ${describeFailure(failure)}; ${remedy}`);
}

function unknown(why: string): UnownedSearch {
  return { tokens: [], unknown: `unowned tokens: ${why}` };
}
