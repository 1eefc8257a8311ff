/** What an alert is, and how it is written for Prometheus and for Loki's ruler, which read the same format. Pure. */
import { formatDuration } from "../../lib/duration.ts";

/**
 * `critical`: users cannot work, or soon cannot. `warning`: somebody acts within days. `info`: somebody should know.
 */
export type Severity = "critical" | "warning" | "info";

/** One alert: a condition in the language of its server, and what a person is told. */
export interface Alert {
  readonly name: string;
  readonly severity: Severity;
  /** PromQL or LogQL; its result has the labels of `about`. */
  readonly expr: string;
  /** Seconds that the condition must hold; 0: at once. */
  readonly forSeconds: number;
  /** What it is about, in the server's templates: `{{ $labels.user }} on {{ $labels.workstation }}`. */
  readonly about: string;
  /** What it means, as the rest of a sentence that begins with `about`. */
  readonly means: string;
  /** What to type, in the project's folder unless it says otherwise; may have templates of labels. */
  readonly command: string;
  /** Labels beside the severity. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A query that others are written with. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
}

/** A group of rules: evaluated in order, at one moment. */
export interface RuleGroup {
  readonly name: string;
  readonly recordings?: readonly Recording[];
  readonly alerts: readonly Alert[];
}

/** About a user, with the labels that every figure of a user has. */
export const ABOUT_USER = "{{ $labels.user }} on {{ $labels.workstation }}";

/** The groups as both servers read them. @param runbook what the section's name follows, such as `https://…/operations.md` */
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
          labels: { severity: alert.severity, ...alert.labels },
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
