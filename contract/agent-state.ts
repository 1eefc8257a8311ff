/** The agent state: `state.json`, which only the user writes. It holds fingerprints, never a token. */
import * as z from "zod";

const fingerprint = z.string().max(64);
const time = z.number().nonnegative();
const since = time.nullable().default(null);
/** Lists are newest first. A login that is older than this many steps does not come back by accident. */
const list = z.array(fingerprint).max(256).default([]);

/** One sign-in of a person, with the refreshes that this agent has seen. */
const loginShape = z.object({
  /** The lineage, newest first. */
  fingerprints: z.array(fingerprint).min(1).max(256),
  credential: z.enum(["login", "setup-token"]),
  firstSeenAt: time,
  /** `refreshTokenExpiresAt`, also after a CLI has dropped it from the file. */
  loginExpiresAt: time.nullable(),
  /** Whose login it is; null until a probe has found out. */
  identity: z.object({ email: z.string().max(320), organization: z.string().max(100).nullable() }).nullable(),
  /** Whether a probe has proven the login and its identity. Its refreshes need no further proof. */
  pinned: z.boolean(),
  /** `refreshTokenExpiresAt` of the verified sign-in before this sign-in; null when it is unknown. */
  follows: time.nullable().default(null),
});
export type LoginState = z.infer<typeof loginShape>;

const agentState = z.object({
  /** Fingerprint of the last usable login in the home; null when there was none. */
  seen: fingerprint.nullable().default(null),
  /** The state of the credentials file when it was read last. */
  file: z.enum(["none", "unreadable", "corrupt", "blank", "usable"]).nullable().default(null),
  /** A CLI that a run has started and has not seen end. */
  probe: z
    .object({ pid: z.number().int().positive(), startTicks: z.string().max(32) })
    .nullable()
    .default(null),
  /**
   * Whether a run has begun to start a CLI and has not seen it end. Processes in the probe's folder are otherwise the
   * leftovers of CLIs that have ended.
   */
  probing: z.boolean().default(true),
  login: loginShape.nullable().default(null),
  /** Access tokens that came with a refresh token. Without it, they are a login that has lost its refresh token. */
  refreshable: list,
  /** Logins that a newer login has replaced. They are never restored, and never stored over it. */
  superseded: list,
  /** `refreshTokenExpiresAt` of superseded verified sign-ins. Later refreshes of them are superseded, too. */
  formerEnds: z.array(time).max(64).default([]),
  /** Logins that the server has refused for good. */
  refused: list,
  /** Vault's logins that a restore has used, or was about to use. */
  tried: list,
  /** A login whose refresh token may be used up: a CLI was asked with it, and no run has seen what became of it. */
  maybeConsumed: fingerprint.nullable().default(null),
  /** Vault's entry as it was read last. A lower version means that Vault was rolled back. */
  vault: z
    .object({
      version: z.number().int().nonnegative(),
      fingerprint: fingerprint.nullable(),
      storedAt: time.nullable(),
    })
    .nullable()
    .default(null),
  pendingSince: since,
  /** What became of the backup in the last run. */
  lastBackup: z.string().max(40).nullable().default(null),
  /** A restore that has begun. Its login lies in the scratch folder. */
  restore: z
    .object({
      fingerprint,
      credential: z.enum(["login", "setup-token"]),
      /**
       * `prepared`: nothing was sent yet. `tried`: the login may have been sent. `refreshed`: the folder holds a proven
       * login. `placed`: the home holds it, too, and Vault not yet.
       */
      stage: z.enum(["prepared", "tried", "refreshed", "placed"]),
    })
    .nullable()
    .default(null),
  /** Whether a run has taken Claude Code's locks, and has not given them back. */
  holdsLocks: z.boolean().default(false),
  /** Whether a restore waits for Vault. */
  restorePending: z.boolean().default(false),
  /** When something began that still lasts; null when it does not last. */
  refreshFailingSince: since,
  refreshSince: since,
  unprovenSince: since,
  failingSince: since,
  /** When an agent has noticed that a moment of this name cannot be right: the clock was wrong when it was stored. */
  noticed: z
    .object({
      refreshFailingSince: since,
      refreshSince: since,
      unprovenSince: since,
      failingSince: since,
      pendingSince: since,
    })
    .prefault({}),
  unknownInARow: z.number().int().nonnegative().default(0),
  lastSuccessAt: since,
  lastRefreshProvenAt: since,
  restores: z.number().int().nonnegative().default(0),
  lastRestoreAt: since,
  written: z.number().int().nonnegative().default(0),
  vaultTokenExpiresAt: since,
  /** The last full run's report. A run that only stores the login does not change it. */
  lastRun: z
    .object({
      ranAt: time,
      word: z.enum(["OK", "WARN", "FAIL", "INFO"]),
      class: z.string().max(40),
      reason: z.string().max(40),
      why: z.string().max(600),
      exitCode: z.number().int().min(0).max(255),
      claude: z.string().max(40).nullable(),
    })
    .nullable()
    .default(null),
});
export type AgentState = z.infer<typeof agentState>;

/** A larger `state.json` is not read. */
export const MAX_STATE_BYTES = 256 * 1024;

/** Returns the agent state before the first run. */
export function freshAgentState(): AgentState {
  return agentState.parse({});
}

/** Returns the agent state in a `state.json`. A text that does not fit counts as empty: the agent then does less. */
export function parseAgentState(text: string): AgentState {
  try {
    return agentState.parse(JSON.parse(text));
  } catch {
    return freshAgentState();
  }
}
