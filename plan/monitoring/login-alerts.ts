/** Defines the alerts about the result of an agent's run: the login, and its backup. */
import { SHARED_TOKEN } from "../../contract/agent-classes.ts";
import { METRICS, USER_LABELS } from "../metrics/table.ts";
import { ABOUT_USER, type Alert, type Recording, type RuleGroup } from "./alert.ts";
import { ALERT_THRESHOLDS } from "./alert-thresholds.ts";
import { age, DEAD, DIED, INCIDENT, ofWatched, samplesOf, unless, VAULT_AWAY, WATCHED } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";

const HOUR = 3600;

/** When this many logins of a fleet die within an hour, they have one cause. */
const MANY = 3;

const CHECK = "npx claude-fleet check {{ $labels.user }}";
const LOGIN = "npx claude-fleet login {{ $labels.user }}";

/** Returns the group of the rules about logins and backups. */
export function loginGroup(settings: RuleSettings): RuleGroup {
  return {
    name: "claude-fleet-logins",
    recordings: RECORDINGS,
    alerts: [...DEAD_LOGINS, ...UNUSABLE_LOGINS, ...backupAlerts(settings), ...LASTING],
  };
}

/** Returns an alert about one user. It fires at once: the agent itself waits before it reports a failure. */
function userAlert(
  name: string,
  severity: Alert["severity"],
  facts: Pick<Alert, "expr" | "means" | "command" | "explanation">,
): Alert {
  return { name, severity, about: ABOUT_USER, forSeconds: 0, ...facts };
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

const DEAD_LOGINS: readonly Alert[] = [
  userAlert("ClaudeLoginDead", "critical", {
    expr: unless(DEAD, ["fleet"], INCIDENT),
    means: "has a dead login and must log in again",
    command: LOGIN,
    explanation: [
      "The login was revoked, emptied by the CLI, or removed, and no backup in Vault could restore it.",
      "The user cannot work.",
      "The command shows what the user types on the workstation, waits for the new login, and proves it.",
      "The alert ends within two minutes.",
    ],
  }),
  {
    name: "ClaudeLoginsDying",
    severity: "critical",
    expr: INCIDENT,
    forSeconds: 0,
    about: "{{ $value }} users of the fleet {{ $labels.fleet }}",
    means: "have dead logins; find the common cause before they log in again",
    command: "npx claude-fleet status",
    explanation: [
      `At least ${MANY} logins of a fleet died within an hour.`,
      "This alert replaces ClaudeLoginDead of each user until fewer logins are dead.",
      "Such logins have one cause: the identity provider ended sessions, seats were removed, or a new CLI version was installed everywhere.",
      "The command lists who is affected, since when and why.",
      "Check the log of the identity provider and `claude --version` on the workstations before users log in again.",
      "Otherwise the new logins die the same way.",
    ],
  },
];

const UNUSABLE_LOGINS: readonly Alert[] = [
  userAlert("ClaudeOrganisationRefuses", "critical", {
    expr: ofClass("org-policy"),
    means: "cannot use Claude Code: the organisation does not allow it or has no credit",
    command: CHECK,
    explanation: [
      "A new login does not help.",
      "The command shows the message of the organisation.",
      "An administrator of the organisation assigns a seat, enables Claude Code, or adds credit.",
    ],
  }),
  userAlert("ClaudeIdentityMismatch", "critical", {
    expr: inBackupState("identity-mismatch"),
    means: "is logged in with another identity than the roster names",
    command: LOGIN,
    explanation: [
      "The login is neither stored nor restored.",
      "The user runs `claude auth logout` first, and then follows the command.",
      "If the roster is wrong, correct `email` and run `npx pulumi up`.",
    ],
  }),
  userAlert("ClaudeToolingBroken", "warning", {
    expr: ofClass("tooling"),
    means:
      "has a login that the workstation cannot prove: a problem of the CLI, the disk or the configuration",
    command: CHECK,
    explanation: [
      "Typical causes are a full disk, wrong permissions, or a CLI that is missing, too old or hanging.",
      "The output of the command ends with a second command that shows the cause.",
      "Exit code 18 means that the CLI hangs.",
      "Do not end that CLI: it may be in the middle of a refresh, and the login would be lost.",
    ],
  }),
  userAlert("ClaudeSharedToken", "warning", {
    expr: ofWatched(`${samplesOf(METRICS.class, `reason="${SHARED_TOKEN.reason}"`)} == 1`),
    means: "inherits a CLAUDE_CODE_OAUTH_TOKEN that replaces the login in every session",
    command: CHECK,
    explanation: [
      "A file that every session reads sets `CLAUDE_CODE_OAUTH_TOKEN`, so all users work with one identity.",
      "The command names the file.",
      "Remove the line, and restart the sessions.",
    ],
  }),
];

function backupAlerts({ mount, prefix }: RuleSettings): readonly Alert[] {
  return [
    userAlert("ClaudeBackupForeign", "warning", {
      expr: inBackupState("foreign"),
      means: "has a backup in Vault that another machine wrote",
      command: `vault kv get -mount=${mount} -field=machine_id ${prefix}/{{ $labels.user }}`,
      explanation: [
        "The agent neither reads nor overwrites the entry.",
        "The command prints the id of the machine that wrote it (`/etc/machine-id`).",
        "Decide which workstation the user works on.",
        "If it is this workstation, remove the entry with `vault kv metadata delete`, and the next run stores the login.",
      ],
    }),
    userAlert("ClaudeVaultRefused", "warning", {
      expr: unless(inBackupState("refused"), ["fleet", "workstation"], VAULT_AWAY),
      means: "has a Vault token that Vault refuses, or that belongs to another user",
      command: "npx pulumi up",
      explanation: [
        "The command gives the user a new token.",
        "If tokens are bound to networks (`vault.tokenBoundCidrs`), check whether the workstation has a new address.",
      ],
    }),
    {
      name: "ClaudeVaultAway",
      severity: "warning",
      expr: VAULT_AWAY,
      forSeconds: 0,
      about: "{{ $labels.workstation }}",
      means: "cannot store the backups of {{ $value }} users: Vault is unreachable, sealed or failing",
      command: "vault status",
      explanation: [
        "Backups have waited for Vault for an hour.",
        "Logins continue to work.",
        "The command shows whether Vault is sealed or unreachable.",
        "When Vault works again, the agents store the backups within minutes.",
      ],
    },
  ];
}

const LASTING: readonly Alert[] = [
  userAlert("ClaudeTroubleLasts", "warning", {
    expr: `${ofClass("limit|transient|lock|interrupted|unknown")}
and on (${USER_LABELS.join(", ")}) ${age(METRICS.failingSince)} >= ${ALERT_THRESHOLDS.unprovenFor}`,
    means: "has had no successful run for a day: every run met a problem that usually passes",
    command: CHECK,
    explanation: [
      "The problem is a usage limit, the API, the network, a lock or a signal; the command shows which.",
      "At a usage limit, wait for its reset or assign a larger seat.",
      "For the network, run `curl -sI https://api.anthropic.com` on the workstation.",
    ],
  }),
  userAlert("ClaudeLoginRestored", "info", {
    expr: ofWatched(`${age(METRICS.lastRestore)} < ${HOUR}`),
    means: "got the login back from Vault because the login in the home was dead",
    command: CHECK,
    explanation: [
      "The command shows whether the restored login works; then there is nothing to do.",
      "If this alert fires again and again, something loses refresh tokens, such as a second machine with a copy of the home.",
    ],
  }),
];
