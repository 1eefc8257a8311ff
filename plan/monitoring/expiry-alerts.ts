/** Defines the alerts about what expires, and about what has not happened for too long. */
import { METRICS, USER_LABELS, type Credential } from "../metrics/metric-table.ts";
import { CHECK, LOGIN, userAlert, type Alert, type RuleGroup, type Severity } from "./alert.ts";
import { ALERT_THRESHOLDS, silentFor, vaultTokenLeft } from "./alert-thresholds.ts";
import { age, DEAD, ofUsers, ofWatched, remaining, unless, VAULT_AWAY } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";

const DAY = 86_400;

/** A machine that was off gets an hour, because its timers then make up for the runs that they missed. */
const forSeconds = 3600;

const SEVERITIES: readonly Severity[] = ["info", "warning", "critical"];

/** Returns the group of the rules about time. */
export function expiryGroup(settings: RuleSettings): RuleGroup {
  const { loginLeft, setupTokenLeft, unprovenFor, unrefreshedFor } = ALERT_THRESHOLDS;
  const vaultTokenEnds = `${left("vault-token")} < ${vaultTokenLeft(settings.tokenPeriodSeconds)}`;
  return {
    name: "claude-fleet-time",
    alerts: [
      ...steps("ClaudeLoginExpiring", "login", loginLeft, "login", "; only a new login extends it"),
      ...steps("ClaudeSetupTokenExpiring", "setup-token", setupTokenLeft, "setup token"),
      userAlert("ClaudeVaultTokenNotRenewed", "warning", {
        expr: unless(ofWatched(vaultTokenEnds), ["fleet", "workstation"], VAULT_AWAY),
        forSeconds,
        means: "has a Vault token with less than half of its period left: the runs do not renew it",
        command: "npx pulumi up",
      }),
      userAlert("ClaudeNoSuccess", "critical", {
        expr: unless(
          ofWatched(`${age(METRICS.lastSuccess)} >= ${3 * unprovenFor}`),
          USER_LABELS,
          ofUsers(`${METRICS.class.name}{class=~"auth-dead|rejected|org-policy|tooling"} == 1`),
        ),
        forSeconds,
        means: "has had no successful run for three days",
        command: CHECK,
      }),
      userAlert("ClaudeNoRefreshProven", "warning", {
        expr: unless(
          `${ofWatched(`${age(METRICS.lastRefresh)} >= ${unrefreshedFor}`)}
and on (${USER_LABELS.join(", ")}) ${METRICS.expiry.name}{credential="login"}`,
          USER_LABELS,
          ofUsers(`${age(METRICS.lastSuccess)} >= ${unrefreshedFor}`),
        ),
        forSeconds,
        means: "has had no proven refresh of the login for three days, although the login is in use",
        command: CHECK,
      }),
      userAlert("ClaudeAgentNotRun", "warning", {
        expr: ofWatched(`${age(METRICS.lastRun)} >= ${silentFor(settings)}`),
        forSeconds,
        means: "has had no run of the agent for two intervals",
        command: CHECK,
      }),
    ],
  };
}

function left(credential: Credential): string {
  return remaining(METRICS.expiry, `credential="${credential}"`);
}

/** Returns one alert for each threshold. Each alert ends where the next begins, so that only one fires at a time. */
function steps(
  name: string,
  credential: Credential,
  thresholds: readonly number[],
  what: string,
  note = "",
): readonly Alert[] {
  return thresholds.map((threshold, index) => {
    const next = thresholds[index + 1];
    const within = `${left(credential)} < ${threshold}${next === undefined ? "" : ` >= ${next}`}`;
    const days = `${threshold / DAY} ${threshold === DAY ? "day" : "days"}`;
    return userAlert(name, SEVERITIES[SEVERITIES.length - thresholds.length + index] ?? "critical", {
      // ClaudeLoginDead reports a login that is dead already.
      expr: unless(ofWatched(within), USER_LABELS, DEAD),
      means: `has a ${what} that expires within ${days}${note}`,
      command: LOGIN,
    });
  });
}
