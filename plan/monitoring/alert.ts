/** Defines an alert, and writes alerts in the rule format that Prometheus and Loki's ruler share. */
import { formatDuration } from "../../lib/duration.ts";

/**
 * `critical`: users cannot work, or will soon be unable to work. `warning`: a person must act within days. `info`: no
 * person has to act.
 */
export type Severity = "critical" | "warning" | "info";

/**
 * An alert: a condition in the query language of its server, and what a person reads. docs/reference/alerts.md explains
 * each alert in a section that people write.
 */
export interface Alert {
  readonly name: string;
  readonly severity: Severity;
  /** PromQL or LogQL. Its result has the labels that `about` names. */
  readonly expr: string;
  /** For how many seconds the condition must hold. 0: the alert fires at once. */
  readonly forSeconds: number;
  /** The subject of the summary, as a template: `{{ $labels.user }} on {{ $labels.workstation }}`. */
  readonly about: string;
  /** The rest of the summary, which begins with `about`. */
  readonly means: string;
  /** The command to type in the project's folder. May hold templates of labels. */
  readonly command: string;
}

/** A recording rule: a query that other queries use by its name. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
}

/** A group of rules. The server evaluates them in order and at one moment. */
export interface RuleGroup {
  readonly name: string;
  readonly recordings?: readonly Recording[];
  readonly alerts: readonly Alert[];
}

/** The command that proves the login of an alert's user. */
export const CHECK = "npx claude-fleet check {{ $labels.user }}";

/** The command that shows an alert's user how to log in. */
export const LOGIN = "npx claude-fleet login {{ $labels.user }}";

/** Returns an alert about one user. Without `forSeconds` it fires at once: the agent itself waits before it reports a failure. */
export function userAlert(
  name: string,
  severity: Severity,
  facts: Pick<Alert, "expr" | "means" | "command"> & Partial<Pick<Alert, "forSeconds">>,
): Alert {
  return {
    name,
    severity,
    about: "{{ $labels.user }} on {{ $labels.workstation }}",
    forSeconds: 0,
    ...facts,
  };
}

/**
 * Returns the groups as both servers read them.
 * @param runbook the address of docs/reference/alerts.md, to which each alert adds the anchor of its section
 */
export function ruleFile(groups: readonly RuleGroup[], runbook: string): object {
  return {
    groups: groups.map(({ name, recordings = [], alerts }) => ({
      name,
      rules: [
        ...recordings.map(({ record, expr }) => ({ record, expr })),
        ...alerts.map((alert) => ({
          alert: alert.name,
          expr: alert.expr,
          ...(alert.forSeconds === 0 ? {} : { for: formatDuration(alert.forSeconds) }),
          labels: { severity: alert.severity },
          annotations: {
            summary: `${alert.about} ${alert.means}`,
            command: alert.command,
            runbook_url: `${runbook}#${alert.name.toLowerCase()}`,
          },
        })),
      ],
    })),
  };
}
