/** Defines the alerts about workstations, and about users without any data. */
import { METRICS, USER_LABELS } from "../metrics/metric-table.ts";
import { CHECK, userAlert, type Alert, type RuleGroup } from "./alert.ts";
import { ALERT_THRESHOLDS, silentFor } from "./alert-thresholds.ts";
import { ofUsers, ofWatched, SEEN, unless } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Returns the group of the rules about workstations, and about users who differ from the roster. */
export function hostGroup(settings: RuleSettings): RuleGroup {
  return {
    name: "claude-fleet-hosts",
    // A query over weeks of every metric would cost more than all other rules together.
    recordings: [
      {
        record: SEEN,
        expr: `max by (fleet, workstation) (timestamp(${METRICS.renewed.name}))
or last_over_time(${SEEN}[1d])`,
      },
    ],
    alerts: [
      ...WORKSTATIONS,
      ...USERS,
      userAlert("ClaudeStatusUnreadable", "warning", {
        expr: ofWatched(`${METRICS.readable.name} == 0`),
        forSeconds: silentFor(settings),
        means: "has had no valid status of the agent for two intervals",
        command: CHECK,
      }),
    ],
  };
}

/** The hourly repair failed twice in a row, or does not run. */
const REPAIR = `max by (instance) (${METRICS.notRepaired.name}) > 0
or max by (instance) (${METRICS.collected.name} - ${METRICS.lastRepair.name}) > ${ALERT_THRESHOLDS.repairSilentFor}`;

const WORKSTATIONS: readonly Alert[] = [
  {
    name: "ClaudeWorkstationSilent",
    severity: "critical",
    // After two weeks it ends. By then the operator has silenced it for a workstation that left the roster.
    expr: `time() - ${SEEN} > ${HOUR / 2} < ${14 * 24 * HOUR}`,
    forSeconds: 0,
    about: "{{ $labels.workstation }}",
    means: "sends no metrics: the state of every login there is unknown",
    command: "npx claude-fleet status",
  },
  {
    name: "ClaudeCollectorSilent",
    severity: "warning",
    expr: `max by (fleet, workstation) (${METRICS.renewed.name} and on (instance) (changes(${METRICS.collected.name}[15m]) == 0))`,
    forSeconds: 5 * MINUTE,
    about: "{{ $labels.workstation }}",
    means: "renders no new metrics, so no alert about its users can fire",
    command: "npx pulumi up",
  },
  {
    name: "ClaudePlanDamaged",
    severity: "warning",
    expr: `max by (instance) (${METRICS.plansUnreadable.name}) > 0`,
    forSeconds: 15 * MINUTE,
    about: "{{ $labels.instance }}",
    means: "has a fleet whose recorded plan cannot be read",
    command: "npx pulumi up",
  },
  {
    name: "ClaudeRepairFailing",
    severity: "warning",
    expr: REPAIR,
    forSeconds: 1.5 * HOUR,
    about: "{{ $labels.instance }}",
    means: "has an hourly repair that fails, or that has not run for hours",
    command: "npx claude-fleet status",
  },
  {
    name: "ClaudePathsUntrusted",
    severity: "critical",
    expr: `max by (instance) (${METRICS.untrustedPaths.name}) > 0`,
    forSeconds: 5 * MINUTE,
    about: "{{ $labels.instance }}",
    means: "has files or folders by which others than root could change what root runs",
    command: "npx claude-fleet status",
  },
];

const USERS: readonly Alert[] = [
  userAlert("ClaudeUserNotEnrolled", "warning", {
    expr: ofUsers(
      `${METRICS.renewed.name} == 1 and on (instance, ${USER_LABELS.join(", ")}) ${METRICS.enrolled.name} == 0`,
    ),
    forSeconds: HOUR,
    means: "is in the roster but is not enrolled",
    command: "npx pulumi up",
  }),
  userAlert("ClaudeTimerStopped", "warning", {
    expr: unless(ofWatched(`${METRICS.enrolled.name} == 1`), USER_LABELS, METRICS.nextRun.name),
    forSeconds: HOUR,
    means: "has a stopped timer although the user is not paused",
    command: "npx pulumi up",
  }),
];
