/** Compares a Vault token with what this user's token on this host must be, and with what the settings want. */
import { formatDuration } from "./duration.ts";
import type { TokenInfo } from "./vault-token-schema.ts";

/** What a user's scoped token must be. */
export interface TokenIdentity {
  readonly fleet: string;
  readonly user: string;
  readonly host: string;
  readonly policy: string;
  /** The token role of the fleet. */
  readonly role: string;
  readonly periodSeconds: number;
}

/**
 * Returns the first thing in which a token differs from what it must be, as a clause; undefined when nothing differs.
 * Metadata and the exact policy set decide. The display name does not, because Vault changes it.
 */
export function tokenDifference(token: TokenInfo, wanted: TokenIdentity): string | undefined {
  for (const key of ["fleet", "user", "host"] as const) {
    const found = token.meta[key];
    if (found !== wanted[key])
      return `its ${key} is ${found === undefined ? "not named" : `"${found}"`}, not "${wanted[key]}"`;
  }
  if (token.policies.length !== 1 || token.policies[0] !== wanted.policy) {
    return `its policies are [${token.policies.join(", ")}], not exactly [${wanted.policy}]`;
  }
  if (!token.orphan) {
    return "it is not an orphan, so Vault revokes it with its parent token";
  }
  if (token.maxTtlSeconds !== 0) return `it ends after ${token.maxTtlSeconds} s, however often it is renewed`;
  // A token of a role has the role's period and shows none of its own (seen with OpenBao 2.7).
  const periodic =
    token.periodSeconds === wanted.periodSeconds || (token.periodSeconds === 0 && token.role === wanted.role);
  if (!periodic) return `its period is ${token.periodSeconds} s, not ${wanted.periodSeconds} s`;
  return undefined;
}

/** Returns how the networks that a token is bound to differ from `wanted`, as a clause; undefined when they do not. */
export function bindingDifference(token: TokenInfo, wanted: readonly string[]): string | undefined {
  const list = (cidrs: readonly string[]) => (cidrs.length === 0 ? "no network" : cidrs.join(", "));
  const [found, asked] = [list(token.boundCidrs), list(wanted)];
  return found === asked ? undefined : `it is bound to ${found} instead of ${asked}`;
}

/**
 * Returns why the user's own token is to be replaced, as a clause; undefined when it is not. The clause does not change as
 * the token grows older. The token works until it is replaced.
 * @param wanted networks as Vault writes them, sorted, none for all; and the age in seconds at which a token is replaced
 */
export function staleness(
  token: TokenInfo,
  wanted: { readonly boundCidrs: readonly string[]; readonly rotateAfterSeconds: number | undefined },
): string | undefined {
  const { rotateAfterSeconds: most } = wanted;
  const old = most !== undefined && token.ageSeconds !== undefined && token.ageSeconds >= most;
  return (
    bindingDifference(token, wanted.boundCidrs) ??
    (old ? `it is older than ${formatDuration(most)}` : undefined)
  );
}
