/** Alerts about what ends, or has not happened for too long. Pure. */
import { METRICS, USER_LABELS, type Credential } from "../metrics/table.ts";
import { ABOUT_USER, type Alert, type RuleGroup, type Severity } from "./alert.ts";
import { ALERT_THRESHOLDS, silentFor, vaultTokenLeft } from "./alert-thresholds.ts";
import { age, DEAD, ofUsers, ofWatched, remaining, unless, VAULT_AWAY } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A machine that was off is given an hour: its timers make up for what they missed. */
const AFTER_A_BOOT = HOUR;

const SEVERITIES: readonly Severity[] = ["info", "warning", "critical"];

/** One alert a step, each from its own limit to the next: a person hears three times, and never of two steps at once. */
function steps(
  name: string,
  credential: Credential,
  limits: readonly number[],
  facts: Pick<Alert, "means" | "command">,
): readonly Alert[] {
  return limits.map((limit, index) => {
    const severity = SEVERITIES[SEVERITIES.length - limits.length + index] ?? "critical";
    const next = limits[index + 1];
    const left = remaining(METRICS.expiry, `credential="${credential}"`);
    const within = `${left} < ${limit}${next === undefined ? "" : ` >= ${next}`}`;
    return {
      ...{ name, severity, forSeconds: 0, about: ABOUT_USER, command: facts.command },
      // A login that is dead already is told as that.
      expr: unless(ofWatched(within), USER_LABELS, DEAD),
      means: `${facts.means} within ${limit / DAY} ${limit === DAY ? "day" : "days"}`,
    };
  });
}

/** Everything about time. */
export function expiryGroup(settings: RuleSettings): RuleGroup {
  const silent = silentFor(settings);
  const half = vaultTokenLeft(settings.tokenPeriodSeconds);
  const check = "npx claude-fleet check {{ $labels.user }}";
  const login = "npx claude-fleet login {{ $labels.user }}";
  const user = { about: ABOUT_USER, forSeconds: AFTER_A_BOOT } as const;
  return {
    name: "claude-fleet-time",
    alerts: [
      ...steps("ClaudeLoginExpiring", "login", ALERT_THRESHOLDS.loginLeft, {
        means: "has a login that ends, whatever the agent does,",
        command: login,
      }),
      ...steps("ClaudeSetupTokenExpiring", "setup-token", ALERT_THRESHOLDS.setupTokenLeft, {
        means: "has a setup-token that ends",
        command: login,
      }),
      {
        ...user,
        name: "ClaudeVaultTokenNotRenewed",
        severity: "warning",
        expr: unless(
          ofWatched(`${remaining(METRICS.expiry, 'credential="vault-token"')} < ${half}`),
          ["fleet", "workstation"],
          VAULT_AWAY,
        ),
        means: "has a Vault token below half of its period: the runs do not renew it",
        command: "npx pulumi up",
      },
      {
        ...user,
        name: "ClaudeNoSuccess",
        severity: "critical",
        expr: unless(
          ofWatched(`${age(METRICS.lastSuccess)} >= ${3 * ALERT_THRESHOLDS.unprovenFor}`),
          USER_LABELS,
          ofUsers(`${METRICS.class.name}{class=~"auth-dead|rejected|org-policy|tooling"} == 1`),
        ),
        means: "has not been proven for three days",
        command: check,
      },
      {
        ...user,
        name: "ClaudeNoRefreshProven",
        severity: "warning",
        expr: unless(
          `${ofWatched(`${age(METRICS.lastRefresh)} >= ${ALERT_THRESHOLDS.unrefreshedFor}`)}
and on (${USER_LABELS.join(", ")}) ${METRICS.expiry.name}{credential="login"}`,
          USER_LABELS,
          ofUsers(`${age(METRICS.lastSuccess)} >= ${ALERT_THRESHOLDS.unrefreshedFor}`),
        ),
        means: "is in use, and no refresh of the login was seen to work for three days",
        command: check,
      },
      {
        ...user,
        name: "ClaudeAgentNotRun",
        severity: "warning",
        expr: ofWatched(`${age(METRICS.lastRun)} >= ${silent}`),
        means: "has not been looked at by the agent for two intervals",
        command: check,
      },
    ],
  };
}
