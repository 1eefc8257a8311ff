/** Defines every metric. The renderers, alerts, dashboard and docs/reference/metrics.md use these tables. */

/** A metric in the terms of Prometheus. */
export interface Metric {
  readonly name: `claude_fleet_${string}`;
  readonly type: "gauge" | "counter";
  /** One sentence without a full stop. */
  readonly help: string;
  /** Labels besides {@link USER_LABELS}, which every `claude_fleet_user_` metric has. */
  readonly labels: readonly string[];
}

/** Labels of every metric of a user. Their values come from the plan that root has recorded. */
export const USER_LABELS = ["fleet", "workstation", "user"] as const;

function metric<const Name extends `claude_fleet_${string}`>(
  name: Name,
  help: string,
  ...labels: readonly string[]
): Metric & { readonly name: Name } {
  return { name, type: name.endsWith("_total") ? "counter" : "gauge", help, labels };
}

/**
 * Metrics that a workstation renders. Times are seconds since the epoch. A value that is unknown, or an event that has
 * never happened, has no sample.
 * Naming: https://prometheus.io/docs/practices/naming/
 */
export const METRICS = {
  renewed: metric("claude_fleet_user_renewed", "Whether the roster renews this user here"),
  enrolled: metric("claude_fleet_user_enrolled", "Whether an apply has enrolled this user here"),
  paused: metric("claude_fleet_user_paused", "Whether an operator has paused this user"),
  nextRun: metric("claude_fleet_user_next_run_timestamp_seconds", "When the timer starts the next run"),
  readable: metric("claude_fleet_user_status_readable", "Whether root accepted the agent's status"),
  lastRun: metric("claude_fleet_user_last_run_timestamp_seconds", "When the last run ended"),
  lastSuccess: metric(
    "claude_fleet_user_last_success_timestamp_seconds",
    "When a real inference last succeeded",
  ),
  lastRefresh: metric(
    "claude_fleet_user_last_refresh_proven_timestamp_seconds",
    "When a refreshed access token was last proven",
  ),
  class: metric("claude_fleet_user_class", "1 for class and reason of the last run", "class", "reason"),
  exitCode: metric("claude_fleet_user_exit_code", "Exit code of the last run; 0 unless it failed"),
  awaitingLogin: metric("claude_fleet_user_awaiting_login", "Whether this user has never logged in here"),
  failingSince: metric(
    "claude_fleet_user_failing_since_timestamp_seconds",
    "Since when all runs have failed; no sample after a successful run",
  ),
  expiry: metric(
    "claude_fleet_user_credential_expiry_timestamp_seconds",
    "When this credential expires unless it is renewed",
    "credential",
  ),
  expiryEstimated: metric(
    "claude_fleet_user_login_expiry_estimated",
    "Whether the end of the login was computed from its age",
  ),
  claude: metric("claude_fleet_user_claude_info", "1 for the version of the CLI in use", "version"),
  backupState: metric("claude_fleet_user_backup_state", "1 for the state of the last backup", "state"),
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
    "Since when a backup has waited for Vault; no sample while no backup waits",
  ),
  backups: metric("claude_fleet_user_backups_written_total", "Backups that the agent has written"),
  restores: metric("claude_fleet_user_restores_total", "Logins that the agent has restored to the home"),
  lastRestore: metric("claude_fleet_user_last_restore_timestamp_seconds", "When a login was last restored"),
  unreadable: metric(
    "claude_fleet_statuses_unreadable",
    "Renewed users whose status root does not accept, by reason",
    "reason",
  ),
  plansUnreadable: metric("claude_fleet_plans_unreadable", "Fleets here whose recorded plan is damaged"),
  untrustedPaths: metric(
    "claude_fleet_untrusted_paths",
    "Paths by which others than root could change what root runs or believes",
  ),
  lastRepair: metric("claude_fleet_assert_last_run_timestamp_seconds", "When the hourly repair last ran"),
  repaired: metric("claude_fleet_assert_mended_total", "Things that the hourly repair has repaired"),
  notRepaired: metric(
    "claude_fleet_assert_problems",
    "Things that the hourly repair could not repair the last time",
  ),
  collected: metric("claude_fleet_collector_last_run_timestamp_seconds", "When these metrics were rendered"),
} as const;

/** Values of the label `credential` of {@link METRICS}.expiry. */
export type Credential = "login" | "setup-token" | "access-token" | "vault-token";

/** Metrics that only `claude-fleet status` can render: it alone asks the hosts of the containers. */
export const STATUS_METRICS = {
  consumerCurrent: metric(
    "claude_fleet_consumer_current",
    "Whether the container runs and reads the token that passed the gate last",
    "fleet",
    "token",
    "service",
  ),
  tokenCurrent: metric(
    "claude_fleet_token_file_current",
    "Whether the token file is the file that passed the gate last",
    "fleet",
    "token",
  ),
  tokenExpiry: metric(
    "claude_fleet_token_expiry_timestamp_seconds",
    "When the token of the containers expires, as its file says",
    "fleet",
    "token",
  ),
  unknown: metric("claude_fleet_status_unknown", "Hosts and token files whose state is unknown", "fleet"),
  asked: metric("claude_fleet_status_last_run_timestamp_seconds", "When the hosts were asked", "fleet"),
} as const;
