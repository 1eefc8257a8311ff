/**
 * How a run of the agent can end: classes, reasons and states of the backup, with their words and exit codes. Docs, metrics
 * and alerts are checked against these tables. agent/decision/ says what leads to a reason, and what follows from it.
 */

/**
 * The first word of a report. Alerts use it. `OK`: the login is proven. `INFO`: nothing is to be done. `WARN`: something to
 * watch, without a person yet. `FAIL`: a person is needed, and the line says for what.
 */
export type Word = "OK" | "WARN" | "FAIL" | "INFO";

/** The classes of a run. A reason may have an exit code of its own. */
export const CLASSES = {
  ok: { exit: 0, meaning: "A real inference succeeded." },
  "awaiting-login": { exit: 0, meaning: "The user has never logged in here." },
  "auth-dead": { exit: 10, meaning: "The login cannot come back without help." },
  rejected: { exit: 11, meaning: "The API refuses a token that was just refreshed." },
  transient: { exit: 15, meaning: "Trouble that may pass: the API, the network, or a failed refresh." },
  "org-policy": { exit: 13, meaning: "The organisation does not allow the login, or has no credit." },
  limit: { exit: 14, meaning: "A usage limit hides whether the login works." },
  lock: { exit: 16, meaning: "Another CLI of this user is refreshing the token." },
  tooling: { exit: 17, meaning: "Trouble with the CLI, the disk or the configuration of this host." },
  interrupted: { exit: 19, meaning: "A signal ended the CLI." },
  unknown: { exit: 22, meaning: "An unknown answer; nothing was done." },
  busy: { exit: 25, meaning: "Another run of this user did not end in time." },
  backup: { exit: 0, meaning: "A run that only stores the login, and proves nothing." },
} as const satisfies Readonly<Record<string, { exit: number; meaning: string }>>;

export type RunClass = keyof typeof CLASSES;

/**
 * The reasons of a run. Every reason belongs to one class. `word` is the word at first: it may become FAIL when the reason
 * lasts (agent/decision/consequences.ts). `exit` is the exit code for `FAIL` and `WARN`; undefined: the class's.
 */
export const REASONS = {
  proven: { class: "ok", word: "OK", meaning: "The API accepted the access token." },
  "refresh-proven": { class: "ok", word: "OK", meaning: "The token was refreshed and accepted." },
  "new-login": { class: "ok", word: "OK", meaning: "A person signed in while the login was being proven." },
  restored: { class: "ok", word: "OK", meaning: "Vault's login was refreshed and put into the home." },
  "refresh-failing": { class: "ok", word: "WARN", exit: 12, meaning: "The expired token is not refreshed." },
  "no-login": { class: "awaiting-login", word: "INFO", meaning: "The agent has seen no login here." },
  gone: { class: "auth-dead", word: "FAIL", meaning: "The login that was here is gone." },
  corrupt: { class: "auth-dead", word: "FAIL", meaning: "The credentials file is corrupt." },
  blanked: { class: "auth-dead", word: "FAIL", meaning: "The CLI has emptied the login." },
  refused: { class: "auth-dead", word: "FAIL", meaning: "The server refused the refresh token for good." },
  "no-refresh-token": {
    class: "auth-dead",
    word: "FAIL",
    meaning: "The login has lost its refresh token, and its access token ended.",
  },
  "setup-token-refused": { class: "auth-dead", word: "FAIL", meaning: "A setup-token was refused." },
  "restore-refused": { class: "auth-dead", word: "FAIL", meaning: "Vault's login was refused, too." },
  "restore-pending": { class: "auth-dead", word: "FAIL", meaning: "A restore has begun or waits for Vault." },
  "after-rotation": {
    class: "rejected",
    word: "FAIL",
    meaning: "The token is refused right after a refresh.",
  },
  refresh: { class: "transient", word: "WARN", exit: 12, meaning: "The refresh of a refused token failed." },
  api: { class: "transient", word: "WARN", meaning: "The API fails or throttles." },
  network: { class: "transient", word: "WARN", meaning: "The CLI did not reach the API in time." },
  "not-allowed": { class: "org-policy", word: "FAIL", meaning: "The organisation forbids this login." },
  "no-credit": { class: "org-policy", word: "FAIL", meaning: "The organisation's credit is used up." },
  usage: { class: "limit", word: "WARN", meaning: "The account's usage limit is reached." },
  unproven: { class: "limit", word: "WARN", meaning: "A usage limit hides the login for too long." },
  refreshing: { class: "lock", word: "WARN", meaning: "Another CLI holds the refresh lock." },
  unreadable: { class: "tooling", word: "FAIL", meaning: "The credentials file cannot be read." },
  "not-storable": { class: "tooling", word: "FAIL", meaning: "A refreshed login could not be stored." },
  "no-cli": { class: "tooling", word: "FAIL", meaning: "The CLI is missing or does not start." },
  "too-old": { class: "tooling", word: "FAIL", meaning: "The CLI is older than the fleet allows." },
  "no-answer": { class: "tooling", word: "FAIL", meaning: "The CLI gave no answer." },
  "bad-exit": { class: "tooling", word: "FAIL", meaning: "The CLI answered and then failed." },
  stuck: { class: "tooling", word: "FAIL", exit: 18, meaning: "The CLI did not end, and was left running." },
  model: { class: "tooling", word: "FAIL", meaning: "The model does not exist." },
  malformed: { class: "tooling", word: "FAIL", meaning: "The CLI rejects a file that looks right." },
  home: { class: "tooling", word: "FAIL", meaning: "The agent's own folder or program failed." },
  signal: { class: "interrupted", word: "WARN", meaning: "A signal ended the CLI; a refresh may be lost." },
  odd: { class: "unknown", word: "WARN", meaning: "An answer that no rule knows." },
  "other-run": { class: "busy", word: "WARN", meaning: "Another run did not end in time." },
  stored: { class: "backup", word: "INFO", meaning: "The file changed, and the login was stored." },
} as const satisfies Readonly<
  Record<string, { class: RunClass; word: Word; exit?: number; meaning: string }>
>;

export type Reason = keyof typeof REASONS;

/**
 * The states of the backup. They are independent of the login: trouble with Vault says nothing about it. `exit` is the exit
 * code when the word is `FAIL` and the login itself is not worse.
 */
export const BACKUP_STATES = {
  none: { word: "OK", exit: 0, meaning: "The home holds no login worth storing." },
  written: { word: "OK", exit: 0, meaning: "The login was stored." },
  unchanged: { word: "OK", exit: 0, meaning: "Vault holds this login already." },
  held: { word: "WARN", exit: 0, meaning: "A new login is stored after its identity is verified." },
  pending: { word: "WARN", exit: 0, meaning: "Vault is away; the agent tries again soon." },
  incomplete: { word: "WARN", exit: 0, meaning: "The login lacks what a restore needs; it is not stored." },
  superseded: { word: "WARN", exit: 0, meaning: "The home holds a superseded login; it is not stored." },
  "rolled-back": { word: "WARN", exit: 0, meaning: "Vault was rolled back; its entry was overwritten." },
  refused: { word: "FAIL", exit: 20, meaning: "Vault refuses the token, or it is another user's." },
  foreign: { word: "FAIL", exit: 21, meaning: "Vault holds another machine's backup." },
  "identity-mismatch": { word: "FAIL", exit: 23, meaning: "The login belongs to another person." },
} as const satisfies Readonly<Record<string, { word: Word; exit: number; meaning: string }>>;

export type BackupState = keyof typeof BACKUP_STATES;

/** The reason of a run whose login works, while an environment file gives sessions another token. */
export const SHARED_TOKEN = { reason: "shared-token", exit: 24 } as const;

/** Exit code for bad arguments, a missing plan or missing rights. */
export const EXIT_USAGE = 2;

/** Exit code of `backup` while Vault cannot take the login: EX_TEMPFAIL of sysexits.h. */
export const EXIT_PENDING = 75;

/** Whether `a` is worse than `b`. */
export function isWorse(a: Word, b: Word): boolean {
  const order: readonly Word[] = ["OK", "INFO", "WARN", "FAIL"];
  return order.indexOf(a) > order.indexOf(b);
}
