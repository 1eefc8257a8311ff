/** The two service templates of the agent: one proves a login, one stores it as soon as it has changed. */
import {
  BACKUP_STATES,
  CLASSES,
  EXIT_PENDING,
  EXIT_USAGE,
  REASONS,
  SHARED_TOKEN,
} from "../../contract/agent-classes.ts";
import { confinement, unsetVariables } from "./hardening.ts";
import { AGENT, BACKUP_UNIT, RECHECK_UNIT, SERVICE_UNIT, dropInPath } from "./names.ts";

/** Exit codes after which the same would only happen again; 1 is Node's own for a program that broke. */
const FINAL = [
  1,
  EXIT_USAGE,
  SHARED_TOKEN.exit,
  ...exits(CLASSES),
  ...exits(REASONS),
  ...exits(BACKUP_STATES),
];

function exits(
  table: Readonly<Record<string, { readonly exit?: number; readonly meaning: string }>>,
): readonly number[] {
  return Object.values(table).flatMap(({ exit }) => exit ?? []);
}

/** Each once, without success and without the one that asks for another try. */
function finalCodes(): readonly number[] {
  const codes = new Set(FINAL.filter((code) => code !== 0 && code !== EXIT_PENDING));
  return [...codes].sort((a, b) => a - b);
}

/** Text of `claude-auth-sync@.service`, the same for every fleet, host and user. */
export function serviceTemplate(): string {
  return agentService({
    unit: SERVICE_UNIT,
    description: "Prove and back up the Claude Code login of %i",
    command: "run",
  });
}

/**
 * Text of `claude-auth-sync-backup@.service`, which the path unit starts.
 *
 * A oneshot service may not have `RestartForceExitStatus=`, so the codes are named that do *not* start it again. How
 * long it waits for the next try stands in the drop-in. A run that the path unit starts during another ends at once, by
 * the agent's own lock.
 */
export function backupTemplate(): string {
  return agentService({
    unit: BACKUP_UNIT,
    description: "Store the changed Claude Code login of %i",
    command: "backup",
    unitLines: [`OnSuccess=${RECHECK_UNIT.replace("@", "@%i")}`],
    serviceLines: retried(),
  });
}

/**
 * Text of `claude-auth-sync-recheck@.service`, which looks once more when the one above has ended. Between the agent's
 * last look and the moment at which systemd watches again nobody would see a login replaced (seen under load: 80 ms).
 * By the time that this one runs, systemd watches: what it does not find is seen there.
 */
export function recheckTemplate(): string {
  return agentService({
    unit: RECHECK_UNIT,
    description: "Store the Claude Code login of %i if it has changed unseen",
    command: "backup",
    serviceLines: retried(),
  });
}

function retried(): readonly string[] {
  return ["Restart=on-failure", `RestartPreventExitStatus=${finalCodes().join(" ")}`];
}

interface AgentService {
  readonly unit: string;
  readonly description: string;
  /** Word of the agent's command line. */
  readonly command: string;
  readonly unitLines?: readonly string[];
  readonly serviceLines?: readonly string[];
}

/**
 * The account is set by its number in the drop-in: systemd remarks on a `User=` such as `john.doe` each time it reads
 * one. The template itself runs as nobody, and only where there is a drop-in.
 *
 * There is no limit on starts: one that is reached would make systemd give up the path unit, and refuse a person who
 * checks a login some times in a row. A burst of writes is met by one run after the other.
 *
 * Ending the CLI in the middle of a refresh burns the login: nothing here ever does. A stop reaches the agent alone,
 * which waits for the CLI.
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
  `ExecStart=${AGENT} ${command} --fleet \${CLAUDE_FLEET}`,
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
