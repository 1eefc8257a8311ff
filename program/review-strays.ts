/** Looks for living tokens of the fleet that no host has. */
import type { VaultClient, VaultResult } from "../lib/vault-client.ts";
import { describeFailure } from "../lib/vault-client.ts";
import { eachLimited } from "../lib/each-limited.ts";
import type { VaultPlan } from "../plan/model.ts";
import { strayTokens, type FleetToken, type TokenOwners } from "../plan/stray-tokens.ts";
import { PARALLEL } from "./read-vault.ts";

/** What the look has found. */
export interface StraySearch {
  readonly strays: readonly FleetToken[];
  /** Why nothing is known, as a clause; undefined when everything is. */
  readonly unknown: string | undefined;
}

/** Tokens beyond which a preview does not ask about each: all of a namespace's are listed, whoever made them. */
const MOST = 20_000;

const LEAVE = "or set `vault.strayTokens: leave`, and nobody looks for them";

/** Asks Vault for every token that there is, and keeps those of the fleet's role. */
export async function findStrays(
  client: VaultClient,
  { role, strayTokens: wish }: VaultPlan,
  fleet: string,
  owners: TokenOwners,
): Promise<StraySearch> {
  if (wish === "leave") return { strays: [], unknown: undefined };
  const listed = await client.listAccessors();
  if (listed.kind === "notFound") return { strays: [], unknown: undefined };
  if (listed.kind !== "ok") return unknown(listed);
  if (listed.value.length > MOST) {
    return { strays: [], unknown: `${THING}: Vault has ${listed.value.length} tokens; ${LEAVE.slice(3)}` };
  }
  const found = await eachLimited(listed.value, PARALLEL, (accessor) => client.lookupAccessor(accessor));
  // One that has ended since the list was made is nobody's business any more.
  const trouble = found.find(({ kind }) => kind !== "ok" && kind !== "notFound");
  if (trouble !== undefined && trouble.kind !== "ok") return unknown(trouble);
  const tokens = found.flatMap((result) => {
    if (result.kind !== "ok" || result.value.role !== role || result.value.meta["fleet"] !== fleet) return [];
    const { accessor, meta } = result.value;
    return [{ accessor, user: meta["user"], host: meta["host"] }];
  });
  return { strays: strayTokens(tokens, owners), unknown: undefined };
}

const THING = "tokens of this fleet that nobody has";

function unknown(failure: Exclude<VaultResult<never>, { kind: "ok" }>): StraySearch {
  const remedy =
    failure.kind === "forbidden"
      ? `log in as an identity that may list auth/token/accessors (sudo) and look accessors up, ${LEAVE}`
      : "mend that, and run this again";
  return { strays: [], unknown: `${THING}: Vault ${describeFailure(failure)}; ${remedy}` };
}
