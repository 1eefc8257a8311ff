/** What the agent remembers between runs: `state.json`, written by the user alone. Fingerprints, never a token. */
import * as z from "zod";

const fingerprint = z.string().max(64);
const time = z.number().nonnegative();
const since = time.nullable().default(null);
/** Lists are newest first; what is older than that many steps cannot come back by accident. */
const list = z.array(fingerprint).max(256).default([]);

/** One sign-in of a person, with the refreshes that this agent has seen follow from it. */
const loginShape = z.object({
  /** The lineage, newest first. */
  fingerprints: z.array(fingerprint).min(1).max(256),
  credential: z.enum(["login", "setup-token"]),
  firstSeenAt: time,
  /** `refreshTokenExpiresAt`, also after a CLI has dropped it from the file. */
  loginExpiresAt: time.nullable(),
  /** Whose it is, once a probe has said so. */
  identity: z.object({ email: z.string().max(320), organization: z.string().max(100).nullable() }).nullable(),
  /** A probe has proven it, and nothing is known against its identity: its refreshes need no further proof. */
  pinned: z.boolean(),
  /** `refreshTokenExpiresAt` of the verified sign-in that was here before; null when there was none, or it had none. */
  follows: time.nullable().default(null),
});
export type LoginState = z.infer<typeof loginShape>;

const agentState = z.object({
  /** Fingerprint of the last usable login that was seen in the home; null when there has been none. */
  seen: fingerprint.nullable().default(null),
  /** What the file was when it was looked at last. */
  file: z.enum(["none", "unreadable", "corrupt", "blank", "usable"]).nullable().default(null),
  /** A CLI that a run has started and not seen end. */
  probe: z
    .object({ pid: z.number().int().positive(), startTicks: z.string().max(32) })
    .nullable()
    .default(null),
  login: loginShape.nullable().default(null),
  /** Logins that were followed by another: never restored, never stored over it. */
  superseded: list,
  /** `refreshTokenExpiresAt` of verified sign-ins that a verified one has followed: what comes of them is older, too. */
  formerEnds: z.array(time).max(64).default([]),
  /** Logins that the server has refused for good. */
  refused: list,
  /** Vault's objects that a restore has used, or was about to. */
  tried: list,
  /** A login that a CLI was asked with, and whose end nobody has learned: its refresh token may be used up. */
  maybeConsumed: fingerprint.nullable().default(null),
  /** Vault's entry as it was last seen: a lower version is a Vault that was rolled back. */
  vault: z
    .object({
      version: z.number().int().nonnegative(),
      fingerprint: fingerprint.nullable(),
      storedAt: time.nullable(),
    })
    .nullable()
    .default(null),
  pendingSince: since,
  /** A restore that was begun; its login lies in the scratch folder. */
  restore: z
    .object({
      fingerprint,
      credential: z.enum(["login", "setup-token"]),
      /**
       * `prepared`: nothing was sent yet. `tried`: it may have been. `refreshed`: the folder holds a proven login.
       * `placed`: the home does, too, and Vault not yet.
       */
      stage: z.enum(["prepared", "tried", "refreshed", "placed"]),
    })
    .nullable()
    .default(null),
  /** A run has taken Claude Code's locks and was not seen to give them back. */
  holdsLocks: z.boolean().default(false),
  /** A restore waits for Vault, which was away when it was wanted. */
  restorePending: z.boolean().default(false),
  /** Since when something has lasted; null when it does not. */
  refreshFailingSince: since,
  refreshSince: since,
  unprovenSince: since,
  failingSince: since,
  unknownInARow: z.number().int().nonnegative().default(0),
  lastSuccessAt: since,
  lastRefreshProvenAt: since,
  restores: z.number().int().nonnegative().default(0),
  lastRestoreAt: since,
  written: z.number().int().nonnegative().default(0),
  vaultTokenExpiresAt: since,
  /** The last full run's report, which a pass that only stores leaves as it is. */
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

/** Bytes beyond which a `state.json` is not read. */
export const MAX_STATE_BYTES = 256 * 1024;

/** What is remembered before the first run. */
export function freshAgentState(): AgentState {
  return agentState.parse({});
}

/** The memory in a `state.json`. One that cannot be understood is none: the agent then knows less, and does less. */
export function parseAgentState(text: string): AgentState {
  try {
    return agentState.parse(JSON.parse(text));
  } catch {
    return freshAgentState();
  }
}
