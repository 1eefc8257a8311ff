/** Renders the service templates of the agent: one proves a login, and two store a login that has changed. */
import { EXIT_PENDING } from "../../contract/agent-classes.ts";
import { agentExits } from "../agent-exits.ts";
import { confinement, unsetVariables } from "./shared-hardening.ts";
import { AGENT, BACKUP_UNIT, RECHECK_UNIT, SERVICE_UNIT, dropInPath } from "./names.ts";
import { trustedStart } from "./trust-check.ts";

/** Exit codes after which another start would end the same way. Node ends with 1 when a program crashes. */
const FINAL = new Set([
  1,
  ...agentExits()
    .map(([code]) => code)
    .filter((code) => code !== EXIT_PENDING),
]);

/** Lines of a service that systemd starts again after a failure. */
const RETRIED = [
  "Restart=on-failure",
  `RestartPreventExitStatus=${[...FINAL].sort((a, b) => a - b).join(" ")}`,
];

/** Returns the text of `claude-auth-sync@.service`, which is the same for every fleet, host and user. */
export function serviceTemplate(): string {
  return agentService({
    unit: SERVICE_UNIT,
    description: "Prove and back up the Claude Code login of %i",
    command: "run",
  });
}

/**
 * Returns the text of `claude-auth-sync-backup@.service`, which the path unit starts.
 *
 * A oneshot service may not have `RestartForceExitStatus=`, so the text names the codes that do *not* start it again. The
 * drop-in holds the wait before the next try. A run during another run ends at once, because of the agent's lock.
 */
export function backupTemplate(): string {
  return agentService({
    unit: BACKUP_UNIT,
    description: "Store the changed Claude Code login of %i",
    command: "backup",
    unitLines: [`OnSuccess=${RECHECK_UNIT.replace("@", "@%i")}`],
    serviceLines: RETRIED,
  });
}

/**
 * Returns the text of `claude-auth-sync-recheck@.service`, which runs after the backup service. A login could change
 * between the agent's last read and the moment when systemd watches again (measured under load: 80 ms). When this service
 * runs, systemd watches again, so no later change is missed.
 */
export function recheckTemplate(): string {
  return agentService({
    unit: RECHECK_UNIT,
    description: "Store the Claude Code login of %i if it has changed unseen",
    command: "backup",
    serviceLines: RETRIED,
  });
}

interface AgentService {
  readonly unit: string;
  readonly description: string;
  /** The agent's command. */
  readonly command: string;
  readonly unitLines?: readonly string[];
  readonly serviceLines?: readonly string[];
}

/**
 * Returns the text of a service. The drop-in sets the account by its number, because systemd warns about a `User=` such as
 * `john.doe` whenever it reads the file. The template runs as uid 65534, and only where there is a drop-in.
 *
 * Starts are not limited. At a limit, systemd would stop the path unit and refuse a person who checks a login often. Many
 * writes in a row lead to one run after the other.
 *
 * A CLI that is ended in the middle of a refresh loses the login. Therefore a stop reaches the agent alone, and the agent
 * waits for the CLI.
 */
function agentService({
  unit,
  description,
  command,
  unitLines = [],
  serviceLines = [],
}: AgentService): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
${[
  `Description=${description}`,
  "Wants=network-online.target",
  "After=network-online.target nss-user-lookup.target",
  `AssertPathExists=${dropInPath(unit.replace("@", "@%i"))}`,
  "StartLimitIntervalSec=0",
  ...unitLines,
].join("\n")}

[Service]
${[
  "Type=oneshot",
  "User=65534",
  trustedStart(AGENT, `${command} --fleet "$CLAUDE_FLEET"`, '"/etc/claude-fleet/$CLAUDE_FLEET/plan.json"'),
  "SyslogIdentifier=claude-auth-sync",
  ...serviceLines,
].join("\n")}

KillMode=process
SendSIGKILL=no
OOMPolicy=continue
TimeoutStartSec=infinity
TimeoutStopSec=180

${unsetVariables}

CapabilityBoundingSet=
${confinement}
`;
}
