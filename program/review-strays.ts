/** Looks for living tokens of the fleet that no host has. */
import { setTimeout as sleep } from "node:timers/promises";
import type { VaultClient } from "../lib/vault-client.ts";
import { describeFailure, type VaultResult } from "../lib/vault-result.ts";
import { eachLimited } from "../lib/each-limited.ts";
import type { VaultPlan } from "../plan/model.ts";
import { unownedTokens, type FleetToken, type TokenOwners } from "../plan/drift/unowned-tokens.ts";

/** Requests to Vault under way at once. */
export const PARALLEL = 8;

/** What the look has found. */
export interface StraySearch {
  readonly strays: readonly FleetToken[];
  /** Why nothing is known, as a clause; undefined when everything is. */
  readonly unknown: string | undefined;
}

/** Tokens beyond which a preview does not ask about each: all of a namespace's are listed, whoever made them. */
const MOST = 20_000;

const LEAVE = "or set `vault.strayTokens: leave`, and nobody looks for them";

/**
 * Milliseconds before a listed token may be looked up. Vault writes a token before its lease, and takes one without a lease
 * for broken: whoever looks it up in between has it revoked.
 * Source: `lookupInternal` in https://github.com/openbao/openbao/blob/v2.6.2/vault/token_store.go
 */
const SETTLED_MS = 1000;

/** Every token that Vault had at a moment, whoever made it. */
export interface TokenList {
  readonly accessors: VaultResult<readonly string[]>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Asks Vault for every token that there is. What is listed before the hosts say what they have is nobody's by mistake: a
 * token that is made meanwhile is not in the list.
 * @returns undefined where the settings say that nobody looks
 */
export async function listTokens(
  client: VaultClient,
  { strayTokens: wish }: VaultPlan,
): Promise<TokenList | undefined> {
  if (wish === "leave") return undefined;
  const accessors = await client.listAccessors();
  return { accessors, at: Date.now() };
}

/** Asks about each token of the list, and keeps those of the fleet's role which nobody has. */
export async function findStrays(
  { client, tokens: list }: { readonly client: VaultClient; readonly tokens: TokenList | undefined },
  { role }: VaultPlan,
  fleet: string,
  owners: TokenOwners,
): Promise<StraySearch> {
  if (list === undefined) return { strays: [], unknown: undefined };
  const { accessors: listed, at } = list;
  if (listed.kind === "notFound") return { strays: [], unknown: undefined };
  if (listed.kind !== "ok") return unknown(listed);
  if (listed.value.length > MOST) {
    return { strays: [], unknown: `${THING}: Vault has ${listed.value.length} tokens; ${LEAVE.slice(3)}` };
  }
  await sleep(at + SETTLED_MS - Date.now());
  const found = await eachLimited(listed.value, PARALLEL, (accessor) => client.lookupAccessor(accessor));
  // One that has ended since the list was made is nobody's business any more.
  const trouble = found.find(({ kind }) => kind !== "ok" && kind !== "notFound");
  if (trouble !== undefined && trouble.kind !== "ok") return unknown(trouble);
  const tokens = found.flatMap((result) => {
    if (result.kind !== "ok" || result.value.role !== role || result.value.meta["fleet"] !== fleet) return [];
    const { accessor, meta } = result.value;
    return [{ accessor, user: meta["user"], host: meta["host"] }];
  });
  return { strays: unownedTokens(tokens, owners), unknown: undefined };
}

const THING = "tokens of this fleet that nobody has";

function unknown(failure: Exclude<VaultResult<never>, { kind: "ok" }>): StraySearch {
  const remedy =
    failure.kind === "forbidden"
      ? `log in as an identity that may list auth/token/accessors (sudo) and look accessors up, ${LEAVE}`
      : "mend that, and run this again";
  return { strays: [], unknown: `${THING}: Vault ${describeFailure(failure)}; ${remedy}` };
}
