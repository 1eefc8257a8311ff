/** Defines the alerts about workstations, and about users without any data. */
import { METRICS, USER_LABELS } from "../metrics/table.ts";
import { ABOUT_USER, type Alert, type RuleGroup } from "./alert.ts";
import { silentFor } from "./alert-thresholds.ts";
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
    alerts: [...WORKSTATIONS, ...USERS, statusUnreadable(settings)],
  };
}

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
    explanation: [
      "Prometheus has scraped nothing from this workstation for half an hour.",
      "The workstation is off or unreachable, or its node_exporter does not run.",
      "The command asks the workstation by ssh, and so tells these cases apart.",
      "Prometheus remembers a workstation for two weeks after it left the roster.",
      'Silence the alert then: `amtool silence add workstation=NAME -d 2w -c "left the roster"`.',
    ],
  },
  {
    name: "ClaudeCollectorSilent",
    severity: "warning",
    expr: `max by (fleet, workstation) (${METRICS.renewed.name} and on (instance) (changes(${METRICS.collected.name}[15m]) == 0))`,
    forSeconds: 5 * MINUTE,
    about: "{{ $labels.workstation }}",
    means: "renders no new metrics, so no alert about its users can fire",
    command: "npx pulumi up",
    explanation: [
      "The workstation answers, but its metrics are old.",
      "Alerts about its users are held back, because they would describe the past.",
      "The command repairs the timer.",
      "On the workstation, `systemctl status claude-fleet-collect.service` shows other causes, such as a full disk.",
    ],
  },
  {
    name: "ClaudePlanDamaged",
    severity: "warning",
    expr: `max by (instance) (${METRICS.plansUnreadable.name}) > 0`,
    forSeconds: 15 * MINUTE,
    about: "{{ $labels.instance }}",
    means: "has a fleet whose recorded plan cannot be read",
    command: "npx pulumi up",
    explanation: ["The record lies in `/etc/claude-fleet`.", "The command writes it again."],
  },
];

const USERS: readonly Alert[] = [
  {
    name: "ClaudeUserNotEnrolled",
    severity: "warning",
    expr: ofUsers(
      `${METRICS.renewed.name} == 1 and on (instance, ${USER_LABELS.join(", ")}) ${METRICS.enrolled.name} == 0`,
    ),
    forSeconds: HOUR,
    about: ABOUT_USER,
    means: "is in the roster but is not enrolled",
    command: "npx pulumi up",
    explanation: [
      "The plan on the workstation has this user, but the enrolment failed.",
      "The command enrols the user, or shows why it cannot.",
    ],
  },
  {
    name: "ClaudeTimerStopped",
    severity: "warning",
    expr: unless(ofWatched(`${METRICS.enrolled.name} == 1`), USER_LABELS, METRICS.nextRun.name),
    forSeconds: HOUR,
    about: ABOUT_USER,
    means: "has a stopped timer although the user is not paused",
    command: "npx pulumi up",
    explanation: [
      "The command starts the timer.",
      "To stop the renewal of a user on purpose, use `npx claude-fleet pause USER`.",
    ],
  },
];

function statusUnreadable(settings: RuleSettings): Alert {
  return {
    name: "ClaudeStatusUnreadable",
    severity: "warning",
    expr: ofWatched(`${METRICS.readable.name} == 0`),
    forSeconds: silentFor(settings),
    about: ABOUT_USER,
    means: "has had no valid status of the agent for two intervals",
    command: "npx claude-fleet check {{ $labels.user }}",
    explanation: [
      "The label `reason` of `claude_fleet_statuses_unreadable` says why root did not accept the status.",
      "See [Reasons of an unreadable status](metrics.md#reasons-of-an-unreadable-status).",
      "The command writes the status again.",
    ],
  };
}
