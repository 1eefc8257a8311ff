/** Holds the alert thresholds, which the alerts and `claude-fleet status` share. All values are seconds. */

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Alert thresholds that no setting changes. */
export const ALERT_THRESHOLDS = {
  /** Time left of a login, which no refresh extends. Three steps, longest first. */
  loginLeft: [7 * DAY, 3 * DAY, DAY],
  /** Time left of a setup token, which only a person can replace. */
  setupTokenLeft: [30 * DAY, 7 * DAY],
  /** Time without a successful run, whatever each single run reported. */
  unprovenFor: DAY,
  /** Time without a proven refresh while the login is in use. An access token lives for hours. */
  unrefreshedFor: 3 * DAY,
  /** Time for which a backup waits for Vault. */
  backupPendingFor: HOUR,
  /** Time without new metrics. A healthy workstation renders them every minute. */
  collectorSilentFor: 10 * 60,
  /** Time without an hourly repair. */
  repairSilentFor: 3 * HOUR,
} as const;

/** Returns how long an agent may be silent: two intervals, plus the longest wait of a run for the CLI. */
export function silentFor(
  renewal: Record<"everySeconds" | "spreadSeconds" | "claudeWaitSeconds", number>,
): number {
  return 2 * renewal.everySeconds + renewal.spreadSeconds + renewal.claudeWaitSeconds;
}

/** Returns the least time left of a user's Vault token. Every run renews the token to its whole period. */
export function vaultTokenLeft(tokenPeriodSeconds: number): number {
  return tokenPeriodSeconds / 2;
}
