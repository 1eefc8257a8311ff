/** Finds the unowned tokens: living tokens of the fleet's role that no workstation has in a home or in its ledger. */
import type { WorkstationObservation } from "../../contract/workstation.ts";
import { compareText } from "../../lib/order.ts";
import { fromHost } from "../../lib/printable.ts";

/** A living token of the fleet's role, as Vault describes it. */
export interface FleetToken {
  readonly accessor: string;
  /** From the token's metadata. Undefined: the metadata names no user. */
  readonly user: string | undefined;
  readonly host: string | undefined;
}

/** What is known about the owners of tokens. */
export interface TokenOwners {
  /** The observation of each workstation of the plan. Undefined: it did not answer. */
  readonly workstations: ReadonlyMap<string, Pick<WorkstationObservation, "users"> | undefined>;
}

/**
 * Returns the unowned tokens, sorted by accessor. A token whose host did not answer, or could not read the user's home,
 * is not unowned: its owner is unknown.
 */
export function unownedTokens(
  tokens: readonly FleetToken[],
  { workstations }: TokenOwners,
): readonly FleetToken[] {
  const users = [...workstations.values()].flatMap((observed) => observed?.users ?? []);
  const owned = new Set(users.flatMap(({ accessors }) => accessors));
  return tokens
    .filter(({ accessor }) => !owned.has(accessor))
    .filter((token) => ownerIsKnown(token, workstations))
    .toSorted((a, b) => compareText(a.accessor, b.accessor));
}

function ownerIsKnown({ user, host }: FleetToken, workstations: TokenOwners["workstations"]): boolean {
  // Any workstation may have a token that names no workstation of the plan.
  if (host === undefined || !workstations.has(host)) return ![...workstations.values()].includes(undefined);
  const observed = workstations.get(host);
  if (observed === undefined) return false;
  return observed.users.find(({ name }) => name === user)?.token.health !== "unknown";
}

/** Returns the drift that names an unowned token. {@link accessorsNamedIn} finds the accessor in it again. */
export function unownedTokenDrift({ accessor, user = "no user", host = "no host" }: FleetToken): string {
  return `token ${fromHost(accessor)}: created for ${fromHost(user)} on ${fromHost(host)}; no enrolled user has it`;
}

const NAMED = /^token ([A-Za-z0-9._-]{1,200}): /gm;

/** Returns the accessors that drifts name. Reads drifts of every version, because states hold them. */
export function accessorsNamedIn(drifts: string): readonly string[] {
  return [...drifts.matchAll(NAMED)].map(([, accessor = ""]) => accessor);
}
