/** Defines the alerts about what expires, and about what has not happened for too long. */
import { METRICS, USER_LABELS, type Credential } from "../metrics/table.ts";
import { ABOUT_USER, type Alert, type RuleGroup, type Severity } from "./alert.ts";
import { ALERT_THRESHOLDS, silentFor, vaultTokenLeft } from "./alert-thresholds.ts";
import { age, DEAD, ofUsers, ofWatched, remaining, unless, VAULT_AWAY } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

const CHECK = "npx claude-fleet check {{ $labels.user }}";
const LOGIN = "npx claude-fleet login {{ $labels.user }}";

/** A machine that was off gets an hour, because its timers then make up for the runs that they missed. */
const user = { about: ABOUT_USER, severity: "warning", forSeconds: HOUR } as const;

const SEVERITIES: readonly Severity[] = ["info", "warning", "critical"];

/** Returns the group of the rules about time. */
export function expiryGroup(settings: RuleSettings): RuleGroup {
  return {
    name: "claude-fleet-time",
    alerts: [
      ...steps("ClaudeLoginExpiring", "login", ALERT_THRESHOLDS.loginLeft, LOGIN_EXPIRING),
      ...steps(
        "ClaudeSetupTokenExpiring",
        "setup-token",
        ALERT_THRESHOLDS.setupTokenLeft,
        SETUP_TOKEN_EXPIRING,
      ),
      vaultTokenNotRenewed(settings),
      NO_SUCCESS,
      NO_REFRESH_PROVEN,
      agentNotRun(settings),
    ],
  };
}

interface StepFacts extends Pick<Alert, "explanation"> {
  readonly means: (days: string) => string;
}

/** Returns one alert for each threshold. Each alert ends where the next begins, so that only one fires at a time. */
function steps(
  name: string,
  credential: Credential,
  thresholds: readonly number[],
  { means, explanation }: StepFacts,
): readonly Alert[] {
  return thresholds.map((threshold, index) => {
    const severity = SEVERITIES[SEVERITIES.length - thresholds.length + index] ?? "critical";
    const next = thresholds[index + 1];
    const left = remaining(METRICS.expiry, `credential="${credential}"`);
    const within = `${left} < ${threshold}${next === undefined ? "" : ` >= ${next}`}`;
    return {
      ...{ name, severity, forSeconds: 0, about: ABOUT_USER, command: LOGIN, explanation },
      // ClaudeLoginDead reports a login that is dead already.
      expr: unless(ofWatched(within), USER_LABELS, DEAD),
      means: means(`${threshold / DAY} ${threshold === DAY ? "day" : "days"}`),
    };
  });
}

const LOGIN_EXPIRING: StepFacts = {
  means: (days) => `has a login that expires within ${days}; only a new login extends it`,
  explanation: [
    "A login expires about thirty days after it was made, and no refresh extends it.",
    "A new login at any time gives the next thirty days.",
    "If the CLI does not store the end, it is estimated from the login's age (`claude_fleet_user_login_expiry_estimated`).",
  ],
};

const SETUP_TOKEN_EXPIRING: StepFacts = {
  means: (days) => `has a setup token that expires within ${days}`,
  explanation: [
    "The user runs `claude setup-token` and puts the new token in the place of the old one.",
    "Alternatively the user logs in, as the command shows.",
  ],
};

function vaultTokenNotRenewed({ tokenPeriodSeconds }: RuleSettings): Alert {
  const left = remaining(METRICS.expiry, 'credential="vault-token"');
  return {
    ...user,
    name: "ClaudeVaultTokenNotRenewed",
    expr: unless(
      ofWatched(`${left} < ${vaultTokenLeft(tokenPeriodSeconds)}`),
      ["fleet", "workstation"],
      VAULT_AWAY,
    ),
    means: "has a Vault token with less than half of its period left: the runs do not renew it",
    command: "npx pulumi up",
    explanation: [
      "Every run renews the user's Vault token to its whole period.",
      "When the token expires, the agent can store no backup any more.",
      "The command checks the token, and replaces it if it is dead.",
      "If the alert fires again, look for `backup=pending` in the agent's lines, and check the connection from the workstation to Vault.",
    ],
  };
}

const NO_SUCCESS: Alert = {
  ...user,
  name: "ClaudeNoSuccess",
  severity: "critical",
  expr: unless(
    ofWatched(`${age(METRICS.lastSuccess)} >= ${3 * ALERT_THRESHOLDS.unprovenFor}`),
    USER_LABELS,
    ofUsers(`${METRICS.class.name}{class=~"auth-dead|rejected|org-policy|tooling"} == 1`),
  ),
  means: "has had no successful run for three days",
  command: CHECK,
  explanation: [
    "No run reported a clear failure, but none got a real answer either.",
    "ClaudeTroubleLasts fired two days ago.",
    "The command shows what the problem is now.",
  ],
};

const NO_REFRESH_PROVEN: Alert = {
  ...user,
  name: "ClaudeNoRefreshProven",
  expr: unless(
    `${ofWatched(`${age(METRICS.lastRefresh)} >= ${ALERT_THRESHOLDS.unrefreshedFor}`)}
and on (${USER_LABELS.join(", ")}) ${METRICS.expiry.name}{credential="login"}`,
    USER_LABELS,
    ofUsers(`${age(METRICS.lastSuccess)} >= ${ALERT_THRESHOLDS.unrefreshedFor}`),
  ),
  means: "has had no proven refresh of the login for three days, although the login is in use",
  command: CHECK,
  explanation: [
    "An access token lives for hours, so a refresh was due many times.",
    "The access token still works, but the login may be dead when that token expires.",
    "The command refreshes the token when a refresh is due.",
    "Find out which other program refreshes the token, and check the lock folders in `~/.claude`.",
  ],
};

function agentNotRun(settings: RuleSettings): Alert {
  return {
    ...user,
    name: "ClaudeAgentNotRun",
    expr: ofWatched(`${age(METRICS.lastRun)} >= ${silentFor(settings)}`),
    means: "has had no run of the agent for two intervals",
    command: CHECK,
    explanation: [
      "The command runs the agent now.",
      "On the workstation, `systemctl list-timers 'claude-auth-sync@*'` shows why the timer did not start it.",
    ],
  };
}
