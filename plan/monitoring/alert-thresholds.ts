/** When somebody is told: the one table of limits, for the alerts as for `claude-fleet status`. All in seconds. */

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Limits that no setting of the fleet moves. */
export const ALERT_THRESHOLDS = {
  /** Left of a login, whose end no refresh moves: three steps, longest first. */
  loginLeft: [7 * DAY, 3 * DAY, DAY],
  /** Left of a setup-token, which only a person makes anew. */
  setupTokenLeft: [30 * DAY, 7 * DAY],
  /** Without a success, whatever each single run said. */
  unprovenFor: DAY,
  /** Without a refresh that was seen to work, though the login is in use: an access token lives for hours. */
  unrefreshedFor: 3 * DAY,
  /** A backup that waits for Vault. */
  backupPendingFor: HOUR,
  /** Figures that were not rendered, though they are every minute. */
  collectorSilentFor: 10 * 60,
} as const;

/** How long an agent may be silent: two of its intervals, and the longest that a run may wait for the CLI. */
export function silentFor(renewal: {
  readonly everySeconds: number;
  readonly spreadSeconds: number;
  readonly claudeWaitSeconds: number;
}): number {
  return 2 * renewal.everySeconds + renewal.spreadSeconds + renewal.claudeWaitSeconds;
}

/** Left of a user's Vault token that every run renews to its whole period. */
export function vaultTokenLeft(tokenPeriodSeconds: number): number {
  return tokenPeriodSeconds / 2;
}
