/** Alerts about what a run of the agent has found. Pure. */
import { SHARED_TOKEN } from "../../contract/agent-classes.ts";
import { METRICS, USER_LABELS } from "../metrics/table.ts";
import { ABOUT_USER, type Alert, type RuleGroup } from "./alert.ts";
import { ALERT_THRESHOLDS } from "./alert-thresholds.ts";
import { age, DEAD, DIED, figure, INCIDENT, ofWatched, unless, VAULT_AWAY, WATCHED } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";

const HOUR = 3600;

/** So many logins of a fleet that die within an hour have one cause. */
const MANY = 3;

const CHECK = "npx claude-fleet check {{ $labels.user }}";
const LOGIN = "npx claude-fleet login {{ $labels.user }}";

/** An alert about one user: at once, since the agent itself waits before it calls anything a failure. */
function userAlert(
  name: string,
  severity: Alert["severity"],
  facts: Pick<Alert, "expr" | "means" | "command"> & { readonly forSeconds?: number },
): Alert {
  return { name, severity, about: ABOUT_USER, forSeconds: 0, ...facts };
}

const ofClass = (classes: string) => ofWatched(`${figure(METRICS.class, `class=~"${classes}"`)} == 1`);
const inBackupState = (state: string) => ofWatched(`${figure(METRICS.backupState, `state="${state}"`)} == 1`);

/** Everything about logins and their backups. */
export function loginGroup({ mount, prefix }: RuleSettings): RuleGroup {
  return {
    name: "claude-fleet-logins",
    recordings: [
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
    ],
    alerts: [
      userAlert("ClaudeLoginDead", "critical", {
        expr: unless(DEAD, ["fleet"], INCIDENT),
        means: "has a login that cannot come back by itself",
        command: LOGIN,
      }),
      {
        name: "ClaudeLoginsDying",
        severity: "critical",
        expr: INCIDENT,
        forSeconds: 0,
        about: "{{ $value }} users of the fleet {{ $labels.fleet }}",
        means: "lost their logins within an hour: look for the one cause before anybody logs in again",
        command: "npx claude-fleet status",
      },
      userAlert("ClaudeOrganisationRefuses", "critical", {
        expr: ofClass("org-policy"),
        means: "is not allowed to use Claude Code by the organisation, or it has no credit",
        command: CHECK,
      }),
      userAlert("ClaudeIdentityMismatch", "critical", {
        expr: inBackupState("identity-mismatch"),
        means: "is logged in as somebody else than the roster says",
        command: LOGIN,
      }),
      userAlert("ClaudeToolingBroken", "warning", {
        expr: ofClass("tooling"),
        means: "cannot be proven: CLI, disk or configuration of the workstation",
        command: CHECK,
      }),
      userAlert("ClaudeSharedToken", "warning", {
        expr: ofWatched(`${figure(METRICS.class, `reason="${SHARED_TOKEN.reason}"`)} == 1`),
        means: "inherits a CLAUDE_CODE_OAUTH_TOKEN that outranks the login in every session",
        command: CHECK,
      }),
      userAlert("ClaudeBackupForeign", "warning", {
        expr: inBackupState("foreign"),
        means: "has a backup in Vault that another machine wrote",
        command: `vault kv get -mount=${mount} -field=machine_id ${prefix}/{{ $labels.user }}`,
      }),
      userAlert("ClaudeVaultRefused", "warning", {
        expr: unless(inBackupState("refused"), ["fleet", "workstation"], VAULT_AWAY),
        means: "has a Vault token that Vault refuses, or that is not this user's",
        command: "npx pulumi up",
      }),
      {
        name: "ClaudeVaultAway",
        severity: "warning",
        expr: VAULT_AWAY,
        forSeconds: 0,
        about: "{{ $labels.workstation }}",
        means: "has backups of {{ $value }} users that wait for Vault: it is away, sealed or failing",
        command: "vault status",
      },
      userAlert("ClaudeTroubleLasts", "warning", {
        expr: `${ofClass("limit|transient|lock|interrupted|unknown")}
and on (${USER_LABELS.join(", ")}) ${age(METRICS.failingSince)} >= ${ALERT_THRESHOLDS.unprovenFor}`,
        means: "has not been proven for a day: every run met trouble that should have passed",
        command: CHECK,
      }),
      userAlert("ClaudeLoginRestored", "info", {
        expr: ofWatched(`${age(METRICS.lastRestore)} < ${HOUR}`),
        means: "got the login back from Vault: the one in the home had died",
        command: CHECK,
      }),
    ],
  };
}
