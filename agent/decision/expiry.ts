/** When a login ends. The agent cannot extend it. Pure. */
import type { AgentState } from "../../contract/agent-state.ts";

const DAY = 86_400_000;

/**
 * A sign-in lasts about thirty days, and a refresh does not extend it. A setup-token lasts a year
 * (https://code.claude.com/docs/en/authentication). These estimates are used when the credentials file names no end.
 */
const LIFETIMES = { login: 30 * DAY, "setup-token": 365 * DAY } as const;

/** `at`: milliseconds since the epoch. `estimated`: computed from the moment when the agent first saw the login. */
export interface LoginExpiry {
  readonly at: number | null;
  readonly estimated: boolean;
}

/** Returns the end of the login in the agent state; null when it is unknown, or when the login has outlived it. */
export function loginExpiry(state: AgentState): LoginExpiry {
  const { login } = state;
  if (login === null) return { at: null, estimated: false };
  if (login.loginExpiresAt !== null) {
    // Only a successful refresh shows that the login is alive. An accepted access token does not.
    const outlived = (state.lastRefreshProvenAt ?? 0) > login.loginExpiresAt;
    return outlived ? { at: null, estimated: false } : { at: login.loginExpiresAt, estimated: false };
  }
  const at = login.firstSeenAt + LIFETIMES[login.credential];
  return (state.lastSuccessAt ?? 0) > at ? { at: null, estimated: false } : { at, estimated: true };
}
