/** Defines the alerts about the result of an agent's run: the login, and its backup. */
import { SHARED_TOKEN } from "../../contract/agent-classes.ts";
import { METRICS, USER_LABELS } from "../metrics/metric-table.ts";
import { CHECK, LOGIN, userAlert, type Alert, type Recording, type RuleGroup } from "./alert.ts";
import { ALERT_THRESHOLDS } from "./alert-thresholds.ts";
import { age, DEAD, DIED, INCIDENT, ofWatched, samplesOf, unless, VAULT_AWAY, WATCHED } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";

const HOUR = 3600;

/** When this many logins of a fleet die within an hour, they have one cause. */
const MANY = 3;

/** Returns the group of the rules about logins and backups. */
export function loginGroup(settings: RuleSettings): RuleGroup {
  return {
    name: "claude-fleet-logins",
    recordings: RECORDINGS,
    alerts: [...LOGINS, ...backupAlerts(settings), ...LASTING],
  };
}

const ofClass = (classes: string) => ofWatched(`${samplesOf(METRICS.class, `class=~"${classes}"`)} == 1`);
const inBackupState = (state: string) =>
  ofWatched(`${samplesOf(METRICS.backupState, `state="${state}"`)} == 1`);

const RECORDINGS: readonly Recording[] = [
  {
    record: WATCHED,
    expr: `(${METRICS.paused.name} == 0 and on (instance) changes(${METRICS.collected.name}[15m]) > 0)
unless on (instance, ${USER_LABELS.join(", ")}) ${METRICS.awaitingLogin.name} == 1`,
  },
  { record: DEAD, expr: ofClass("auth-dead|rejected") },
  {
    record: DIED,
    expr: `count by (fleet) (${DEAD} and on (${USER_LABELS.join(", ")}) ${age(METRICS.failingSince)} < ${HOUR})`,
  },
  {
    record: INCIDENT,
    expr: `count by (fleet) (${DEAD}) >= ${MANY} and on (fleet) max_over_time(${DIED}[1d]) >= ${MANY}`,
  },
  {
    record: VAULT_AWAY,
    expr: `count by (fleet, workstation) (${ofWatched(`${age(METRICS.backupPending)} >= ${ALERT_THRESHOLDS.backupPendingFor}`)})`,
  },
];

const LOGINS: readonly Alert[] = [
  userAlert("ClaudeLoginDead", "critical", {
    expr: unless(DEAD, ["fleet"], INCIDENT),
    means: "has a dead login and must log in again",
    command: LOGIN,
  }),
  {
    name: "ClaudeLoginsDying",
    severity: "critical",
    expr: INCIDENT,
    forSeconds: 0,
    about: "{{ $value }} users of the fleet {{ $labels.fleet }}",
    means: "have dead logins; find the common cause before they log in again",
    command: "npx claude-fleet status",
  },
  userAlert("ClaudeOrganisationRefuses", "critical", {
    expr: ofClass("org-policy"),
    means: "cannot use Claude Code: the organisation does not allow it or has no credit",
    command: CHECK,
  }),
  userAlert("ClaudeIdentityMismatch", "critical", {
    expr: inBackupState("identity-mismatch"),
    means: "is logged in with another identity than the roster names",
    command: LOGIN,
  }),
  userAlert("ClaudeToolingBroken", "warning", {
    expr: ofClass("tooling"),
    means:
      "has a login that the workstation cannot prove: a problem of the CLI, the disk or the configuration",
    command: CHECK,
  }),
  userAlert("ClaudeSharedToken", "warning", {
    expr: ofWatched(`${samplesOf(METRICS.class, `reason="${SHARED_TOKEN.reason}"`)} == 1`),
    means: "inherits a CLAUDE_CODE_OAUTH_TOKEN that replaces the login in every session",
    command: CHECK,
  }),
];

function backupAlerts({ mount, prefix }: RuleSettings): readonly Alert[] {
  return [
    userAlert("ClaudeBackupForeign", "warning", {
      expr: inBackupState("foreign"),
      means: "has a backup in Vault that another machine wrote",
      command: `vault kv get -mount=${mount} -field=machine_id ${prefix}/{{ $labels.user }}`,
    }),
    userAlert("ClaudeVaultRefused", "warning", {
      expr: unless(inBackupState("refused"), ["fleet", "workstation"], VAULT_AWAY),
      means: "has a Vault token that Vault refuses, or that belongs to another user",
      command: "npx pulumi up",
    }),
    {
      name: "ClaudeVaultAway",
      severity: "warning",
      expr: VAULT_AWAY,
      forSeconds: 0,
      about: "{{ $labels.workstation }}",
      means: "cannot store the backups of {{ $value }} users: Vault is unreachable, sealed or failing",
      command: "vault status",
    },
  ];
}

const LASTING: readonly Alert[] = [
  userAlert("ClaudeTroubleLasts", "warning", {
    expr: `${ofClass("limit|transient|lock|interrupted|unknown")}
and on (${USER_LABELS.join(", ")}) ${age(METRICS.failingSince)} >= ${ALERT_THRESHOLDS.unprovenFor}`,
    means: "has had no successful run for a day: every run met a problem that usually passes",
    command: CHECK,
  }),
  userAlert("ClaudeLoginRestored", "info", {
    expr: ofWatched(`${age(METRICS.lastRestore)} < ${HOUR}`),
    means: "got the login back from Vault because the login in the home was dead",
    command: CHECK,
  }),
];
