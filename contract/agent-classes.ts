/**
 * How a run of the agent can end, as data: classes, reasons, states of the backup, their words and exit codes. Docs,
 * metrics and alerts are checked against these tables. What leads to which: agent/decision/.
 */

/**
 * First word of a report: what an alert looks at. `OK`: the login is proven. `INFO`: nothing to do. `WARN`: something
 * to watch, which nobody has to act on yet. `FAIL`: a person is needed, and the line says for what.
 */
export type Word = "OK" | "WARN" | "FAIL" | "INFO";

/** Class of a run, with its exit code unless a reason has its own. */
export const CLASSES = {
  ok: { exit: 0, meaning: "a real inference succeeded" },
  "awaiting-login": { exit: 0, meaning: "the user has never logged in here" },
  "auth-dead": { exit: 10, meaning: "the login cannot come back by itself" },
  rejected: { exit: 11, meaning: "a token that was just refreshed is refused" },
  transient: { exit: 15, meaning: "trouble that may pass: the API, the way to it, or a refresh that failed" },
  "org-policy": { exit: 13, meaning: "the organisation does not allow it, or has no credit" },
  limit: { exit: 14, meaning: "a usage limit: nothing is proven either way" },
  lock: { exit: 16, meaning: "another CLI of this user refreshes the token" },
  tooling: { exit: 17, meaning: "CLI, disk or configuration of this host" },
  interrupted: { exit: 19, meaning: "the CLI was ended by a signal" },
  unknown: { exit: 22, meaning: "anything else; nothing was done" },
  busy: { exit: 0, meaning: "another run is under way, and does this one's work too" },
  backup: { exit: 0, meaning: "a pass that only stores the login; it proves nothing" },
} as const satisfies Readonly<Record<string, { readonly exit: number; readonly meaning: string }>>;

export type RunClass = keyof typeof CLASSES;

interface ReasonFacts {
  readonly class: RunClass;
  /** The word unless time makes it another: see agent/decision/lasting.ts. */
  readonly word: Word;
  /** Exit code when the word is `FAIL` or `WARN`, where it is not the class's. */
  readonly exit?: number;
  readonly meaning: string;
}

/** Why a run is of its class. Every reason belongs to one class. */
export const REASONS = {
  proven: { class: "ok", word: "OK", meaning: "the access token was accepted" },
  "refresh-proven": {
    class: "ok",
    word: "OK",
    meaning: "the token was refreshed, and its successor accepted",
  },
  "new-login": { class: "ok", word: "OK", meaning: "a person logged in while the login was being proven" },
  restored: { class: "ok", word: "OK", meaning: "the login from Vault was refreshed and put back" },
  "refresh-failing": {
    class: "ok",
    word: "WARN",
    exit: 12,
    meaning: "the access token is over its time, still accepted, and was not refreshed",
  },
  "no-login": { class: "awaiting-login", word: "INFO", meaning: "no login has been seen here" },
  gone: { class: "auth-dead", word: "FAIL", meaning: "the login that was here is gone" },
  corrupt: { class: "auth-dead", word: "FAIL", meaning: "the credentials file is not what it should be" },
  blanked: { class: "auth-dead", word: "FAIL", meaning: "the CLI has emptied the login" },
  refused: { class: "auth-dead", word: "FAIL", meaning: "the refresh token was refused for good" },
  "setup-token-refused": {
    class: "auth-dead",
    word: "FAIL",
    meaning: "a token that cannot refresh was refused",
  },
  "restore-refused": { class: "auth-dead", word: "FAIL", meaning: "Vault's login was refused, too" },
  "restore-pending": { class: "auth-dead", word: "FAIL", meaning: "a restore is begun, or waits for Vault" },
  "after-rotation": { class: "rejected", word: "FAIL", meaning: "refused right after a refresh" },
  refresh: {
    class: "transient",
    word: "WARN",
    exit: 12,
    meaning: "the token is refused, and its refresh has not succeeded",
  },
  api: { class: "transient", word: "WARN", meaning: "the API is in trouble, or throttles" },
  network: { class: "transient", word: "WARN", meaning: "the API was not reached in time" },
  "not-allowed": { class: "org-policy", word: "FAIL", meaning: "the organisation does not allow this login" },
  "no-credit": { class: "org-policy", word: "FAIL", meaning: "the organisation's credit is used up" },
  usage: { class: "limit", word: "WARN", meaning: "the account's usage limit is reached" },
  unproven: { class: "limit", word: "WARN", meaning: "a usage limit has hidden the login's state for long" },
  refreshing: { class: "lock", word: "WARN", meaning: "another CLI holds the lock of the refresh" },
  unreadable: { class: "tooling", word: "FAIL", meaning: "the credentials file cannot be read" },
  "not-storable": {
    class: "tooling",
    word: "FAIL",
    meaning: "a successor could not be stored (disk, rights)",
  },
  "no-cli": { class: "tooling", word: "FAIL", meaning: "the CLI is missing, or cannot be started" },
  "too-old": { class: "tooling", word: "FAIL", meaning: "the CLI is older than the fleet allows" },
  "no-answer": {
    class: "tooling",
    word: "FAIL",
    meaning: "the CLI gave no answer: a flag, its configuration",
  },
  "bad-exit": { class: "tooling", word: "FAIL", meaning: "the CLI answered and then failed: no space left?" },
  stuck: {
    class: "tooling",
    word: "FAIL",
    exit: 18,
    meaning: "the CLI has not ended, and was left to itself",
  },
  model: { class: "tooling", word: "FAIL", meaning: "the model that is asked does not exist" },
  malformed: { class: "tooling", word: "FAIL", meaning: "the CLI does not accept a file that looks right" },
  home: { class: "tooling", word: "FAIL", meaning: "the agent's own folder or program failed" },
  signal: { class: "interrupted", word: "WARN", meaning: "ended by a signal; a refresh may have been lost" },
  odd: { class: "unknown", word: "WARN", meaning: "nothing that the table of decisions knows" },
  "other-run": { class: "busy", word: "INFO", meaning: "the run under way goes on for this one" },
  stored: {
    class: "backup",
    word: "INFO",
    meaning: "the login's file changed, and Vault was asked to keep it",
  },
} as const satisfies Readonly<Record<string, ReasonFacts>>;

export type Reason = keyof typeof REASONS;

interface StateFacts {
  readonly word: Word;
  /** Exit code when the word is `FAIL`, and the login itself has no worse to say. */
  readonly exit: number;
  readonly meaning: string;
}

/** What became of the backup: an axis of its own, for Vault's trouble says nothing about the login. */
export const BACKUP_STATES = {
  none: { word: "OK", exit: 0, meaning: "there is no login worth keeping" },
  written: { word: "OK", exit: 0, meaning: "the login was stored" },
  unchanged: { word: "OK", exit: 0, meaning: "Vault holds this login already" },
  held: { word: "WARN", exit: 0, meaning: "a new login is stored once its identity is verified" },
  pending: { word: "WARN", exit: 0, meaning: "Vault is away, sealed or failing; tried again soon" },
  incomplete: { word: "WARN", exit: 0, meaning: "the login lacks what a restore would need" },
  superseded: {
    word: "WARN",
    exit: 0,
    meaning: "the home holds an older login than Vault; it is not stored",
  },
  "rolled-back": { word: "WARN", exit: 0, meaning: "Vault was rolled back; its entry was overwritten" },
  refused: { word: "FAIL", exit: 20, meaning: "Vault refuses the scoped token, or it is not this user's" },
  foreign: { word: "FAIL", exit: 21, meaning: "Vault holds another machine's backup" },
  "identity-mismatch": {
    word: "FAIL",
    exit: 23,
    meaning: "the login is somebody else's than the roster says",
  },
} as const satisfies Readonly<Record<string, StateFacts>>;

export type BackupState = keyof typeof BACKUP_STATES;

/** Reason of a run whose login is fine, while an environment file would put another in its place. */
export const SHARED_TOKEN = { reason: "shared-token", exit: 24 } as const;

/** Exit code of a run that could not find out who it is for: bad arguments, no plan, no rights. */
export const EXIT_USAGE = 2;

/** Exit code of `backup` while Vault cannot take it: EX_TEMPFAIL of sysexits.h. */
export const EXIT_PENDING = 75;

/** Whether `a` is worse news than `b`. */
export function isWorse(a: Word, b: Word): boolean {
  const order: readonly Word[] = ["OK", "INFO", "WARN", "FAIL"];
  return order.indexOf(a) > order.indexOf(b);
}
