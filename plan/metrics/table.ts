/** Every figure that a workstation's textfile holds: the one table for the renderer, alerts, dashboards and docs. */

/** One metric, in the words of Prometheus. */
export interface Metric {
  readonly name: `claude_fleet_${string}`;
  readonly type: "gauge" | "counter";
  /** One sentence without a full stop. */
  readonly help: string;
  /** Labels beside those of {@link USER_LABELS}, which every `claude_fleet_user_` metric has. */
  readonly labels: readonly string[];
}

/** Labels of every figure of a user; their values come from the plan that root has recorded. */
export const USER_LABELS = ["fleet", "workstation", "user"] as const;

/** An entry of a table of figures. */
export function metric<const Name extends `claude_fleet_${string}`>(
  name: Name,
  help: string,
  ...labels: readonly string[]
): Metric & { readonly name: Name } {
  return { name, type: name.endsWith("_total") ? "counter" : "gauge", help, labels };
}

/**
 * Times are seconds since the epoch. What is not known, or has never been, has no sample: a figure that is there is
 * true. Naming: https://prometheus.io/docs/practices/naming/
 */
export const METRICS = {
  renewed: metric("claude_fleet_user_renewed", "Whether the roster renews this user here"),
  enrolled: metric("claude_fleet_user_enrolled", "Whether an apply has enrolled this user here"),
  paused: metric("claude_fleet_user_paused", "Whether an operator has paused this user"),
  nextRun: metric("claude_fleet_user_next_run_timestamp_seconds", "When the timer starts the next run"),
  readable: metric("claude_fleet_user_status_readable", "Whether the agent's status was there and in order"),
  lastRun: metric("claude_fleet_user_last_run_timestamp_seconds", "When the last run ended"),
  lastSuccess: metric(
    "claude_fleet_user_last_success_timestamp_seconds",
    "When a real inference last succeeded",
  ),
  lastRefresh: metric(
    "claude_fleet_user_last_refresh_proven_timestamp_seconds",
    "When a refreshed access token was last seen to work",
  ),
  class: metric("claude_fleet_user_class", "1 for class and reason of the last run", "class", "reason"),
  exitCode: metric("claude_fleet_user_exit_code", "Exit code of the last run; 0 unless it failed"),
  awaitingLogin: metric("claude_fleet_user_awaiting_login", "Whether this user has never logged in here"),
  failingSince: metric(
    "claude_fleet_user_failing_since_timestamp_seconds",
    "Since when runs have failed without a success between them; no sample while they do not",
  ),
  expiry: metric(
    "claude_fleet_user_credential_expiry_timestamp_seconds",
    "When this credential ends unless it is renewed",
    "credential",
  ),
  expiryEstimated: metric(
    "claude_fleet_user_login_expiry_estimated",
    "Whether the end of the login was computed from its age",
  ),
  claude: metric("claude_fleet_user_claude_info", "1 for the version of the CLI in use", "version"),
  backupState: metric("claude_fleet_user_backup_state", "1 for what became of the last backup", "state"),
  backupStored: metric(
    "claude_fleet_user_backup_stored_timestamp_seconds",
    "When the login in Vault was stored there",
  ),
  backupMatches: metric(
    "claude_fleet_user_backup_matches",
    "Whether Vault holds the login that the home holds",
  ),
  backupPending: metric(
    "claude_fleet_user_backup_pending_since_timestamp_seconds",
    "Since when a backup has waited for Vault; no sample while none does",
  ),
  backups: metric("claude_fleet_user_backups_written_total", "Backups that the agent has written"),
  restores: metric("claude_fleet_user_restores_total", "Logins that the agent has put back into the home"),
  lastRestore: metric("claude_fleet_user_last_restore_timestamp_seconds", "When a login was last put back"),
  unreadable: metric(
    "claude_fleet_statuses_unreadable",
    "Renewed users whose status root does not read, by reason",
    "reason",
  ),
  plansUnreadable: metric("claude_fleet_plans_unreadable", "Fleets here whose recorded plan is damaged"),
  asserted: metric(
    "claude_fleet_assert_last_run_timestamp_seconds",
    "When the host last undid what was changed on it",
  ),
  mended: metric("claude_fleet_assert_mended_total", "Things that the host has mended by itself"),
  notMended: metric("claude_fleet_assert_problems", "Things that the host could not mend the last time"),
  collected: metric("claude_fleet_collector_last_run_timestamp_seconds", "When these figures were rendered"),
} as const;

/** Credentials of {@link METRICS}.expiry. */
export type Credential = "login" | "setup-token" | "access-token" | "vault-token";
