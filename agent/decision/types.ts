/** What the decisions are made from, and what they can be. Plain data without a secret: logins are fingerprints here. */
import type { Reason } from "../../contract/agent-classes.ts";
import type { ClaudeEnd } from "../../claude/process.ts";

/**
 * A credentials file as the decisions see it: N, U, C, B and L of the table. `fingerprint` tells refresh tokens apart
 * (access tokens, where there is none), `access` access tokens. Times in milliseconds since the epoch.
 */
export type FileView =
  | { readonly kind: "none" | "blank" }
  | { readonly kind: "unreadable" | "corrupt"; readonly why: string }
  | UsableView;

/** A login that looks usable, which proves nothing. */
export interface UsableView {
  readonly kind: "usable";
  readonly fingerprint: string;
  readonly access: string;
  readonly credential: "login" | "setup-token";
  readonly expiresAt: number | undefined;
  /** The file's `refreshTokenExpiresAt`. */
  readonly loginExpiresAt: number | undefined;
  /** What it lacks to be worth keeping; undefined when nothing. */
  readonly incomplete: string | undefined;
}

/** How a probe ended. */
export type ProbeOutcome = ClaudeEnd | { readonly kind: "not-started"; readonly why: string };

/** One probe: the file before and after, and what the CLI said. */
export interface ProbeFacts {
  readonly before: UsableView;
  readonly outcome: ProbeOutcome;
  readonly after: FileView;
  /** When the CLI had ended. */
  readonly endedAt: number;
  /** Whether somebody held Claude Code's lock of the refresh when it had ended. */
  readonly locked?: boolean;
}

/** Whether the CLI can be asked. */
export type CliFacts =
  | { readonly kind: "ready"; readonly version: string }
  | { readonly kind: "unusable"; readonly reason: "no-cli" | "too-old"; readonly why: string };

/** What Vault's object is worth for a restore. `away`: Vault did not say. */
export type RestoreSource =
  | { readonly kind: "eligible"; readonly fingerprint: string; readonly credential: "login" | "setup-token" }
  | { readonly kind: "none" }
  | { readonly kind: "ineligible" | "away"; readonly why: string };

/** Numbers of the table's rows. */
export const ROWS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21] as const;
export type Row = (typeof ROWS)[number];

/** The waits within one run, in milliseconds: settings, so that tests need not wait. */
export interface RunWaits {
  readonly reread: number;
  readonly blankReread: number;
  readonly deadReread: number;
  readonly lockRetry: number;
}

/** Everything that the table looks at. */
export interface Facts {
  /** Why a successor could not be stored; undefined when it could, or when nobody has looked yet. */
  readonly notStorable: string | undefined;
  readonly cli: CliFacts;
  /** The file as it was read last. */
  readonly file: FileView;
  /** Whether this machine has seen a login of this user, or Vault's object is this machine's. */
  readonly history: boolean;
  /** The last probe, as long as nothing newer has been read since. */
  readonly probe: ProbeFacts | undefined;
  /** Rows that have waited and looked again already. */
  readonly retried: readonly Row[];
  readonly source: RestoreSource;
  /** A restore that an earlier run began, and that goes on from its own folder. */
  readonly unfinished: boolean;
  readonly waits: RunWaits;
}

/** What is to be restored: Vault's object, or the rest of a restore that was begun. */
export type RestoreWish = "from-vault" | "resume";

/** A run's end as far as the table goes. */
export interface Verdict {
  readonly row: Row;
  readonly reason: Reason;
  /** In words, for the report; undefined when the reason says it all. */
  readonly why: string | undefined;
  readonly restore: RestoreWish | undefined;
  /** Keep a copy of the corrupt file before anything replaces it. */
  readonly quarantine: boolean;
}

/** What to do next. After `retry`: wait, read the file again, and ask the table again. */
export type Step =
  | { readonly kind: "probe" }
  | { readonly kind: "retry"; readonly row: Row; readonly waitMs: number; readonly clearStaleLocks: boolean }
  | { readonly kind: "end"; readonly verdict: Verdict };
