/** `status.json`: what the agent tells root about its last run. The user writes it, so root trusts only its shape. */
import * as z from "zod";
import { text } from "./fields.ts";

/** A larger status is not read. */
export const MAX_STATUS_BYTES = 16 * 1024;

/** The latest time that a status may name: the year 2200, in milliseconds since the epoch. */
export const LATEST_TIME = 7_258_118_400_000;
const time = z.number().int().nonnegative().max(LATEST_TIME);
const count = z.number().int().nonnegative().max(1_000_000_000);

/** Must be raised when a reader of the former shape would misread the new shape. */
export const STATUS_VERSION = 1;

/**
 * The state of one user's renewal after a run. It holds no secret: fingerprints and tokens stay in the home. Every time is in
 * milliseconds since the epoch. Null means unknown or never.
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
  /** The report's sentences, without anything that looks like a token. */
  why: text(600),
  exitCode: z.number().int().min(0).max(255),
  /** Version of the Claude Code CLI; null when it was not asked. */
  claude: text(40).nullable(),
  /** The last run whose inference succeeded. */
  lastSuccessAt: time.nullable(),
  /** The last time that a refresh replaced the access token and the API accepted the new one. */
  lastRefreshProvenAt: time.nullable(),
  /** When the first of the last failed runs ended, without a success since then; null when the last run did not fail. */
  failingSince: time.nullable(),
  kind: z.enum(["login", "setup-token"]).nullable(),
  /** When the access token ends, as the credentials file says. */
  accessExpiresAt: time.nullable(),
  /** When the login's refresh token, or the setup-token, ends. The agent cannot extend it. */
  loginExpiresAt: time.nullable(),
  /** Whether {@link loginExpiresAt} was estimated from the login's age. */
  loginExpiryEstimated: z.boolean(),
  /** When the user's Vault token ends unless it is renewed; null when Vault was not asked or did not answer. */
  vaultTokenExpiresAt: time.nullable(),
  backup: z.strictObject({
    /** See contract/agent-classes.ts. */
    state: z.string().regex(/^[a-z][a-z-]{0,39}$/),
    /** When the login in Vault was stored. */
    storedAt: time.nullable(),
    /** Whether Vault holds the home's login; null when that is unknown. */
    matches: z.boolean().nullable(),
    /** Since when a backup has waited for Vault; null when no backup waits. */
    pendingSince: time.nullable(),
    /** How many versions this agent has written. */
    written: count,
  }),
  /** How many restores put a login back into the home. */
  restores: count,
  lastRestoreAt: time.nullable(),
});

/** See {@link agentStatus}. */
export type AgentStatus = z.infer<typeof agentStatus>;

/** Why root does not trust a status. */
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
  "no-answer",
] as const;
export type Unreadable = (typeof UNREADABLE)[number];
