/** How a run of the agent ends: its class, the word that the log line opens with, and the exit code. */

/** First word of a report: what an alert looks at. */
export type Word = "OK" | "WARN" | "FAIL" | "INFO";

/**
 * Classes of a run. `ok`: a real inference succeeded. `awaiting-login`: the user has never logged in here.
 * `busy`: another run is under way. `auth-dead`: the login cannot come back by itself. `rejected`: a fresh token was
 * refused. `refresh`: the login did not refresh, which may pass. `org-policy`: an administrator must act.
 * `limit`: a usage limit; nothing is proven. `transient`: network or API trouble. `lock`: another CLI refreshes.
 * `tooling`: CLI, disk or configuration. `stuck`: the CLI did not end and was left to itself. `interrupted`: the CLI
 * was ended by a signal. `vault-token`: Vault refuses this user's scoped token, or it is not this user's.
 * `foreign-backup`: Vault holds another machine's backup. `unknown`: anything else.
 */
export const EXIT_CODES = {
  ok: 0,
  "awaiting-login": 0,
  busy: 0,
  "auth-dead": 10,
  rejected: 11,
  refresh: 12,
  "org-policy": 13,
  limit: 14,
  transient: 15,
  lock: 16,
  tooling: 17,
  stuck: 18,
  interrupted: 19,
  "vault-token": 20,
  "foreign-backup": 21,
  unknown: 22,
} as const;

export type RunClass = keyof typeof EXIT_CODES;

/** Exit code of a run that could not find out who it is for: bad arguments, no plan, no rights. */
export const EXIT_USAGE = 2;

/** The word for a class; a run that is ok but could not be backed up yet says `WARN` instead. */
export function wordOf(runClass: RunClass): Word {
  if (runClass === "ok") return "OK";
  return runClass === "awaiting-login" || runClass === "busy" ? "INFO" : "FAIL";
}
