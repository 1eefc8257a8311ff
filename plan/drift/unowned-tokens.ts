/** Tokens of the fleet that nobody owns: no host has them, neither in a home nor in its records. */
import type { WorkstationObservation } from "../../contract/workstation.ts";
import { compareText } from "../../lib/order.ts";
import { fromHost } from "../../lib/printable.ts";

/** A living token of the fleet's role, as Vault describes it. */
export interface FleetToken {
  readonly accessor: string;
  /** As its metadata says; undefined where that does not. */
  readonly user: string | undefined;
  readonly host: string | undefined;
}

/** What is known of who owns which tokens. */
export interface TokenOwners {
  /** What each workstation of the plan has said; undefined for one that did not answer. */
  readonly workstations: ReadonlyMap<string, Pick<WorkstationObservation, "users"> | undefined>;
}

/**
 * The tokens that nobody owns, sorted by accessor. One whose host is silent, or could not look into that user's home, is
 * not judged: what is not known is not gone.
 */
export function unownedTokens(
  tokens: readonly FleetToken[],
  { workstations }: TokenOwners,
): readonly FleetToken[] {
  const answers = [...workstations.values()].flatMap((seen) => seen?.users ?? []);
  const owned = new Set(answers.flatMap(({ accessors }) => accessors));
  return tokens
    .filter(({ accessor }) => !owned.has(accessor))
    .filter((token) => judged(token, workstations))
    .toSorted((a, b) => compareText(a.accessor, b.accessor));
}

function judged({ user, host }: FleetToken, workstations: TokenOwners["workstations"]): boolean {
  if (host === undefined || !workstations.has(host)) return ![...workstations.values()].includes(undefined);
  const seen = workstations.get(host);
  if (seen === undefined) return false;
  return seen.users.find(({ name }) => name === user)?.token.health !== "unknown";
}

/** How a note names a token; {@link accessorsNamedIn} finds it there again. */
export function unownedTokenDrift({ accessor, user = "nobody", host = "no host" }: FleetToken): string {
  return `token ${fromHost(accessor)}: made for ${fromHost(user)} on ${fromHost(host)}, and nobody has it`;
}

const NOTE = /^token ([A-Za-z0-9._-]{1,200}): /gm;

/** Accessors of the tokens that a note names. */
export function accessorsNamedIn(note: string): readonly string[] {
  return [...note.matchAll(NOTE)].map(([, accessor = ""]) => accessor);
}
