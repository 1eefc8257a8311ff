/** Defines the alerts about the containers' tokens. `claude-fleet status --textfile` writes their metrics. */
import type { Alert, RuleGroup, Severity } from "./alert.ts";
import { ALERT_THRESHOLDS } from "./alert-thresholds.ts";
import { STATUS_METRICS } from "../metrics/metric-table.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A rollout to five containers takes minutes, so an alert waits this long. */
const ROLLOUT = HOUR / 4;

const EXPIRING: readonly Severity[] = ["warning", "critical"];

function tokenAlert(
  name: string,
  severity: Severity,
  facts: Pick<Alert, "expr" | "forSeconds" | "means">,
): Alert {
  const about = "The token {{ $labels.token }} of the fleet {{ $labels.fleet }}";
  return { name, severity, about, command: "npx claude-fleet rollout {{ $labels.token }}", ...facts };
}

/** Returns the group of the rules about tokens. The machine that asks the hosts renders these metrics, with its clock. */
export function tokenGroup(): RuleGroup {
  return {
    name: "claude-fleet-tokens",
    alerts: [...ROLLOUTS, ...ALERT_THRESHOLDS.setupTokenLeft.map(tokenExpiring), STATUS_STALE],
  };
}

const ROLLOUTS: readonly Alert[] = [
  tokenAlert("ClaudeRolloutFailed", "critical", {
    expr: `min by (fleet, token) (${STATUS_METRICS.consumerCurrent.name}) == 0`,
    forSeconds: ROLLOUT,
    means: "is not in use by all of its containers, or one of them does not run",
  }),
  tokenAlert("ClaudeTokenNotRolledOut", "warning", {
    expr: `min by (fleet, token) (${STATUS_METRICS.tokenCurrent.name}) == 0`,
    forSeconds: ROLLOUT,
    means: "has a new file that was refused or not rolled out",
  }),
];

function tokenExpiring(threshold: number, index: number): Alert {
  const next = ALERT_THRESHOLDS.setupTokenLeft[index + 1];
  const left = `${STATUS_METRICS.tokenExpiry.name} - on (instance, fleet) group_left () ${STATUS_METRICS.asked.name}`;
  return tokenAlert("ClaudeTokenExpiring", EXPIRING[index] ?? "critical", {
    expr: `min by (fleet, token) (${left}) < ${threshold}${next === undefined ? "" : ` >= ${next}`}`,
    forSeconds: 0,
    means: `expires within ${threshold / DAY} days; put a new token file in its place`,
  });
}

const STATUS_STALE: Alert = {
  name: "ClaudeStatusStale",
  severity: "warning",
  expr: `time() - max by (fleet) (${STATUS_METRICS.asked.name}) > ${HOUR}`,
  forSeconds: 300,
  about: "The status of the fleet {{ $labels.fleet }}",
  means: "is more than an hour old: the state of its tokens is unknown",
  command: "npx claude-fleet status",
};
