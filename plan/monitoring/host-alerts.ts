/** Alerts about hosts, and about users of whom nothing is heard. Pure. */
import { METRICS, USER_LABELS } from "../metrics/table.ts";
import { ABOUT_USER, type RuleGroup } from "./alert.ts";
import { silentFor } from "./alert-thresholds.ts";
import { ofUsers, ofWatched, SEEN, unless } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";

const HOUR = 3600;

/** Everything about whole hosts, and about who is not where the roster has them. */
export function hostGroup(settings: RuleSettings): RuleGroup {
  const hosts = (metric: string) => `max by (fleet, workstation) (${metric})`;
  const stuck = `(changes(${METRICS.collected.name}[15m]) == 0)`;
  return {
    name: "claude-fleet-hosts",
    // A look back over weeks of every figure would cost more than all other rules together.
    recordings: [
      {
        record: SEEN,
        expr: `max by (fleet, workstation) (timestamp(${METRICS.renewed.name}))
or last_over_time(${SEEN}[1d])`,
      },
    ],
    alerts: [
      {
        name: "ClaudeWorkstationSilent",
        severity: "critical",
        // For two weeks: that is how long who takes a workstation out of the roster has to silence it.
        expr: `time() - ${SEEN} > ${HOUR / 2} < ${14 * 24 * HOUR}`,
        forSeconds: 0,
        about: "{{ $labels.workstation }}",
        means: "sends no figures at all: nothing is known of any login there",
        command: "npx claude-fleet status",
      },
      {
        name: "ClaudeCollectorSilent",
        severity: "warning",
        expr: hosts(`${METRICS.renewed.name} and on (instance) ${stuck}`),
        forSeconds: 300,
        about: "{{ $labels.workstation }}",
        means: "has figures that are not rendered any more, and say nothing new of any login",
        command: "npx pulumi up",
      },
      {
        name: "ClaudePlanDamaged",
        severity: "warning",
        expr: `max by (instance) (${METRICS.plansUnreadable.name}) > 0`,
        forSeconds: 900,
        about: "{{ $labels.instance }}",
        means: "has a fleet whose recorded plan cannot be read",
        command: "npx pulumi up",
      },
      {
        name: "ClaudeUserNotEnrolled",
        severity: "warning",
        expr: ofUsers(
          `${METRICS.renewed.name} == 1 and on (instance, ${USER_LABELS.join(", ")}) ${METRICS.enrolled.name} == 0`,
        ),
        forSeconds: HOUR,
        about: ABOUT_USER,
        means: "is in the roster and was not enrolled",
        command: "npx pulumi up",
      },
      {
        name: "ClaudeTimerStopped",
        severity: "warning",
        expr: unless(ofWatched(`${METRICS.enrolled.name} == 1`), USER_LABELS, METRICS.nextRun.name),
        forSeconds: HOUR,
        about: ABOUT_USER,
        means: "has a timer that does not run, and is not paused",
        command: "npx pulumi up",
      },
      {
        name: "ClaudeStatusUnreadable",
        severity: "warning",
        expr: ofWatched(`${METRICS.readable.name} == 0`),
        forSeconds: silentFor(settings),
        about: ABOUT_USER,
        means: "has no status of the agent that could be believed",
        command: "npx claude-fleet check {{ $labels.user }}",
      },
    ],
  };
}
