/** `status.json`: what the agent tells root about its last run. The user writes it, so root believes only its shape. */
import * as z from "zod";

/** Bytes beyond which a status is not read. */
export const MAX_STATUS_BYTES = 16 * 1024;

const text = (max: number) => z.string().max(max);
/** The latest time that a status may name: the year 2200, in milliseconds since the epoch. */
export const LATEST_TIME = 7_258_118_400_000;
const time = z.number().int().nonnegative().max(LATEST_TIME);
const count = z.number().int().nonnegative().max(1_000_000_000);

/** Raised when a reader of the former shape would misread the new one. */
export const STATUS_VERSION = 1;

/**
 * The state of one user's renewal after a run. No secrets: fingerprints and tokens stay in the home. Every time is in
 * milliseconds since the epoch; null means unknown, or never.
 */
export const agentStatus = z.strictObject({
  version: z.literal(STATUS_VERSION),
  fleet: text(64),
  /** When the run ended. */
  ranAt: time,
  /** First word of the report: `OK`, `WARN`, `FAIL` or `INFO`. */
  word: z.enum(["OK", "WARN", "FAIL", "INFO"]),
  /** Class and reason of the run: see contract/agent-classes.ts. */
  class: z.string().regex(/^[a-z][a-z-]{0,39}$/),
  reason: z.string().regex(/^[a-z][a-z-]{0,39}$/),
  /** The report's sentence, with what looks like a token taken out. */
  why: text(600),
  exitCode: z.number().int().min(0).max(255),
  /** Version of the Claude Code CLI, null when it was not asked. */
  claude: text(40).nullable(),
  /** Last run whose inference succeeded. */
  lastSuccessAt: time.nullable(),
  /** Last time the access token was seen to be replaced by a refresh and then accepted. */
  lastRefreshProvenAt: time.nullable(),
  /** Since when runs have failed without a success between them; null when the last one did not. */
  failingSince: time.nullable(),
  kind: z.enum(["login", "setup-token"]).nullable(),
  /** When the access token ends, as its file says. */
  accessExpiresAt: time.nullable(),
  /** When the login (its refresh token), or the setup-token, ends whatever the agent does. */
  loginExpiresAt: time.nullable(),
  /** Whether {@link loginExpiresAt} was computed from the login's age instead of read from its file. */
  loginExpiryEstimated: z.boolean(),
  /** When the user's scoped Vault token ends unless it is renewed; null when Vault was not asked or did not answer. */
  vaultTokenExpiresAt: time.nullable(),
  backup: z.strictObject({
    /** See contract/agent-classes.ts. */
    state: z.string().regex(/^[a-z][a-z-]{0,39}$/),
    /** When the login in Vault was stored there. */
    storedAt: time.nullable(),
    /** Whether Vault holds the login that the home holds; null when that is not known. */
    matches: z.boolean().nullable(),
    /** Since when a backup has been waiting for Vault; null when none is. */
    pendingSince: time.nullable(),
    /** Versions that this agent has written. */
    written: count,
  }),
  /** Restores that put a login back into the home. */
  restores: count,
  lastRestoreAt: time.nullable(),
});

/** See {@link agentStatus}. */
export type AgentStatus = z.infer<typeof agentStatus>;

/** Why root does not take a status for what it says. */
export const UNREADABLE = [
  "missing",
  "no-account",
  "symlink",
  "not-a-folder",
  "not-a-file",
  "mount",
  "owner",
  "hard-link",
  "too-large",
  "shape",
  "other-fleet",
  "denied",
] as const;
export type Unreadable = (typeof UNREADABLE)[number];
