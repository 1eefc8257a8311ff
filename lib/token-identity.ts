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

/** What the settings want of a token. A token that differs still works until it is replaced. */
export interface TokenWishes {
  /** Networks from which Vault must accept it, sorted, as Vault writes them; empty for all networks. */
  readonly boundCidrs: readonly string[];
  /** Age in seconds at which it is replaced; undefined for never. */
  readonly rotateAfterSeconds: number | undefined;
}

/** Returns how the networks that a token is bound to differ from `wanted`, as a clause; undefined when they do not. */
export function bindingDifference(token: TokenInfo, wanted: readonly string[]): string | undefined {
  const list = (cidrs: readonly string[]) => (cidrs.length === 0 ? "no network" : cidrs.join(", "));
  const [found, asked] = [list(token.boundCidrs), list(wanted)];
  return found === asked ? undefined : `it is bound to ${found} instead of ${asked}`;
}

/**
 * Returns why the user's own token is to be replaced, as a clause; undefined when it is not. The clause does not change as
 * the token grows older.
 */
export function staleness(token: TokenInfo, wanted: TokenWishes): string | undefined {
  const { rotateAfterSeconds: most } = wanted;
  const old = most !== undefined && token.ageSeconds !== undefined && token.ageSeconds >= most;
  return (
    bindingDifference(token, wanted.boundCidrs) ??
    (old ? `it is older than ${formatDuration(most)}` : undefined)
  );
}
