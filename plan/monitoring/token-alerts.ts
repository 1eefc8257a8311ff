/** Alerts about the containers' tokens, from what `claude-fleet status --textfile` writes. Pure. */
import { STATUS_METRICS } from "../metrics/status-samples.ts";
import type { Alert, RuleGroup, Severity } from "./alert.ts";
import { ALERT_THRESHOLDS } from "./alert-thresholds.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A rollout of five containers takes minutes. */
const ROLLOUT = HOUR / 4;

const EXPIRING: readonly Severity[] = ["warning", "critical"];

/** Everything about tokens. Its figures are rendered by whoever asks the hosts: that clock is Prometheus's own business. */
export function tokenGroup(): RuleGroup {
  const about = "The token {{ $labels.token }} of the fleet {{ $labels.fleet }}";
  const rollout = "npx claude-fleet rollout {{ $labels.token }}";
  const left = `${STATUS_METRICS.tokenExpiry.name} - on (instance, fleet) group_left () ${STATUS_METRICS.asked.name}`;
  return {
    name: "claude-fleet-tokens",
    alerts: [
      {
        name: "ClaudeRolloutFailed",
        severity: "critical",
        expr: `min by (fleet, token) (${STATUS_METRICS.consumerCurrent.name}) == 0`,
        forSeconds: ROLLOUT,
        about,
        means: "is not what all of its containers read, or one of them does not run",
        command: rollout,
      },
      {
        name: "ClaudeTokenNotRolledOut",
        severity: "warning",
        expr: `min by (fleet, token) (${STATUS_METRICS.tokenCurrent.name}) == 0`,
        forSeconds: ROLLOUT,
        about,
        means: "has a new file that was refused, or not rolled out",
        command: rollout,
      },
      ...ALERT_THRESHOLDS.setupTokenLeft.map((limit, index): Alert => {
        const next = ALERT_THRESHOLDS.setupTokenLeft[index + 1];
        return {
          name: "ClaudeTokenExpiring",
          severity: EXPIRING[index] ?? "critical",
          expr: `min by (fleet, token) (${left}) < ${limit}${next === undefined ? "" : ` >= ${next}`}`,
          forSeconds: 0,
          about,
          means: `ends within ${limit / DAY} days: put a fresh token file in its place`,
          command: rollout,
        };
      }),
      {
        name: "ClaudeStatusStale",
        severity: "warning",
        expr: `time() - max by (fleet) (${STATUS_METRICS.asked.name}) > ${HOUR}`,
        forSeconds: 300,
        about: "The status of the fleet {{ $labels.fleet }}",
        means: "has not been asked for an hour: nothing is known of its tokens",
        command: "npx claude-fleet status",
      },
    ],
  };
}
