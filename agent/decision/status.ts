/** What the agent tells root about a run, and when the login ends. Pure. */
import type { BackupState } from "../../contract/agent-classes.ts";
import type { AgentState } from "../../contract/agent-state.ts";
import { LATEST_TIME, STATUS_VERSION, type AgentStatus } from "../../contract/agent-status.ts";
import type { FileView } from "./file-view.ts";
import { keptKind } from "./lineage.ts";
import { notAfter, sinceWhen } from "./moments.ts";

/**
 * What a status is made from. `state`: the agent state after the run. `file`: the credentials file after the run. `now`: when
 * the status is made, in milliseconds since the epoch.
 */
export interface StatusFacts {
  readonly fleet: string;
  readonly state: AgentState;
  readonly file: FileView;
  readonly backup: BackupState;
  readonly now: number;
}

/** Returns the status; undefined before the first full run, because a backup alone says nothing about the login. */
export function statusOf({ fleet, state, file, backup, now }: StatusFacts): AgentStatus | undefined {
  const { lastRun, login, vault } = state;
  if (lastRun === null) return undefined;
  const expiry = loginExpiry(state, now);
  const usable = file.kind === "usable" ? file : undefined;
  const asked = vault !== null && backup !== "refused" && backup !== "foreign";
  return {
    version: STATUS_VERSION,
    fleet,
    ranAt: lastRun.ranAt,
    word: lastRun.word,
    class: lastRun.class,
    reason: lastRun.reason,
    why: lastRun.why,
    exitCode: lastRun.exitCode,
    claude: lastRun.claude,
    lastSuccessAt: state.lastSuccessAt,
    lastRefreshProvenAt: state.lastRefreshProvenAt,
    failingSince: timeOf(sinceWhen(state, "failingSince", now)),
    kind: usable === undefined ? (login?.credential ?? null) : keptKind(usable),
    accessExpiresAt: timeOf(usable?.expiresAt),
    loginExpiresAt: timeOf(expiry.at),
    loginExpiryEstimated: expiry.estimated,
    vaultTokenExpiresAt: timeOf(state.vaultTokenExpiresAt),
    backup: {
      state: backup,
      storedAt: vault?.storedAt ?? null,
      matches: asked && usable !== undefined ? vault.fingerprint === usable.fingerprint : null,
      pendingSince: timeOf(sinceWhen(state, "pendingSince", now)),
      written: state.written,
    },
    restores: state.restores,
    lastRestoreAt: state.lastRestoreAt,
  };
}

function timeOf(value: number | null | undefined): number | null {
  return value === null || value === undefined || value > LATEST_TIME ? null : Math.floor(value);
}

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
export function loginExpiry(state: AgentState, now: number): LoginExpiry {
  const { login } = state;
  if (login === null) return { at: null, estimated: false };
  if (login.loginExpiresAt !== null) {
    // Only a successful refresh shows that the login is alive. An accepted access token does not.
    const outlived = (notAfter(state.lastRefreshProvenAt, now) ?? 0) > login.loginExpiresAt;
    return outlived ? { at: null, estimated: false } : { at: login.loginExpiresAt, estimated: false };
  }
  const at = Math.min(login.firstSeenAt, now) + LIFETIMES[login.credential];
  return (notAfter(state.lastSuccessAt, now) ?? 0) > at
    ? { at: null, estimated: false }
    : { at, estimated: true };
}
