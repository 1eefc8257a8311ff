/** When a login ends whatever the agent does. Pure. */
import type { AgentState } from "../../contract/agent-state.ts";

const DAY = 86_400_000;

/**
 * A sign-in lasts about thirty days, and refreshing does not extend it; a setup-token lasts a year
 * (https://code.claude.com/docs/en/authentication). Neither is written anywhere when the file does not say it.
 */
const LIFETIMES = { login: 30 * DAY, "setup-token": 365 * DAY } as const;

/** Milliseconds since the epoch; `estimated` when it was computed from the first time the login was seen. */
export interface LoginExpiry {
  readonly at: number | null;
  readonly estimated: boolean;
}

/** The end of the remembered login. What it has outlived is dropped: then nothing is known. */
export function loginExpiry(state: AgentState): LoginExpiry {
  const { login } = state;
  if (login === null) return { at: null, estimated: false };
  if (login.loginExpiresAt !== null) {
    // An accepted access token says nothing about the login; a refresh that succeeded does.
    const outlived = (state.lastRefreshProvenAt ?? 0) > login.loginExpiresAt;
    return outlived ? { at: null, estimated: false } : { at: login.loginExpiresAt, estimated: false };
  }
  const at = login.firstSeenAt + LIFETIMES[login.credential];
  return (state.lastSuccessAt ?? 0) > at ? { at: null, estimated: false } : { at, estimated: true };
}
