/** Writes the drifts that name unowned tokens, and reads their accessors again. */
import { fromHost } from "../../lib/printable.ts";
import type { FleetToken } from "../vault/token-owners.ts";

/** Returns the drift that names an unowned token. {@link accessorsNamedIn} finds the accessor in it again. */
export function unownedTokenDrift({ accessor, user = "no user", host = "no host" }: FleetToken): string {
  return `token ${fromHost(accessor)}: created for ${fromHost(user)} on ${fromHost(host)}; no enrolled user has it`;
}

/** Returns the line that tells a host's command to revoke the token of a user who leaves the host. */
export function leavingTokenLine({ accessor, user = "no user", host = "no host" }: FleetToken): string {
  return `token ${fromHost(accessor)}: created for ${fromHost(user)} on ${fromHost(host)}; the user leaves`;
}

const NAMED = /^token ([A-Za-z0-9._-]{1,200}): /gm;

/** Returns the accessors that drifts name. Reads drifts of every version, because states hold them. */
export function accessorsNamedIn(drifts: string): readonly string[] {
  return [...drifts.matchAll(NAMED)].map(([, accessor = ""]) => accessor);
}
