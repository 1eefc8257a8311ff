/** Whether a Vault token is the one that this fleet gave to this user on this host, and still as the settings want it. */
import { formatDuration } from "./duration.ts";
import type { TokenInfo } from "./vault-token.ts";

/** What a user's scoped token must be. */
export interface TokenIdentity {
  readonly fleet: string;
  readonly user: string;
  readonly host: string;
  readonly policy: string;
  /** Token role that makes the fleet's tokens. */
  readonly role: string;
  readonly periodSeconds: number;
}

/**
 * The first thing in which a token differs from what it must be, as a clause; undefined when nothing.
 * Decided by metadata and the exact policy set, never by the display name, which Vault sanitises.
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
  if (!token.orphan) return "it is not an orphan, so it dies with the token that made it";
  if (token.maxTtlSeconds !== 0) return `it ends after ${token.maxTtlSeconds} s, however often it is renewed`;
  // A token made by a role lives by its role's period and shows none of its own (seen with OpenBao 2.7).
  const periodic =
    token.periodSeconds === wanted.periodSeconds || (token.periodSeconds === 0 && token.role === wanted.role);
  if (!periodic) return `its period is ${token.periodSeconds} s, not ${wanted.periodSeconds} s`;
  return undefined;
}

/** What the settings ask of a token beyond whose it is; one that differs in it works on until there is another. */
export interface TokenWishes {
  /** Networks from which Vault shall take it, sorted, as Vault writes them; empty: from everywhere. */
  readonly boundCidrs: readonly string[];
  /** Age in seconds at which there shall be another; undefined: none. */
  readonly rotateAfterSeconds: number | undefined;
}

/** How the networks to which a token is bound differ from those it shall be bound to, as a clause; undefined: not at all. */
export function bindingDifference(token: TokenInfo, wanted: readonly string[]): string | undefined {
  const list = (cidrs: readonly string[]) => (cidrs.length === 0 ? "no network" : cidrs.join(", "));
  const [found, asked] = [list(token.boundCidrs), list(wanted)];
  return found === asked ? undefined : `it is bound to ${found} instead of ${asked}`;
}

/**
 * Why a token that is the user's own shall be replaced, as a clause; undefined when it need not. The clause is the same
 * however much older the token gets.
 */
export function staleness(token: TokenInfo, wanted: TokenWishes): string | undefined {
  const { rotateAfterSeconds: most } = wanted;
  const old = most !== undefined && token.ageSeconds !== undefined && token.ageSeconds >= most;
  return (
    bindingDifference(token, wanted.boundCidrs) ??
    (old ? `it is older than ${formatDuration(most)}` : undefined)
  );
}
