/** Renders the services and timers of a whole host: the hourly repair, and the collector of metrics. */
import { SUDOERS_FOLDER } from "../workstation/sudoers.ts";
import { confinement, unsetVariables } from "./shared-hardening.ts";
import { dirname } from "node:path";
import { COMMAND, HOST_PROGRAM, PROGRAMS, UNIT_FOLDER } from "./names.ts";
import { trustedStart } from "./trust-check.ts";

/** Folders that root writes. Processes of the users write the homes. */
const WRITTEN = [UNIT_FOLDER, "/etc/claude-fleet", PROGRAMS, dirname(COMMAND), SUDOERS_FOLDER];

/**
 * Returns the text of `claude-fleet-assert.service`. It runs as root, with the capabilities to repair files and to become
 * a user. It has no token, so `pulumi up` repairs everything that needs Vault.
 *
 * A home may lie anywhere, so only system folders are read-only. The lines after the shared confinement give back what
 * this service needs.
 */
export function assertService(): string {
  const shared = hostService("assert", {
    description: "Undo what was changed about the renewal of Claude Code logins",
    folder: "claude-fleet",
    seconds: 900,
    // CAP_KILL ends a user's process that hangs.
    capabilities: "CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_KILL CAP_SETGID CAP_SETUID",
  });
  return `${shared}ProtectSystem=full
ProtectHome=no
${WRITTEN.map((path) => `ReadWritePaths=-${path}`).join("\n")}
SystemCallFilter=@chown @setuid
`;
}

/** Returns the text of `claude-fleet-assert.timer`, which elapses every hour. */
export function assertTimer(): string {
  return hostTimer("When changes to the renewal of Claude Code logins are undone", "hourly", "1min");
}

/**
 * Returns the text of `claude-fleet-collect.service`. It runs as root with the capability to read users' files:
 * `CAP_DAC_READ_SEARCH`, or `CAP_DAC_OVERRIDE` where a container's root has lost the first. It can write only below its own
 * state folder, because everything else is mounted read-only. Each start renders all metrics again. Then it starts the
 * runs that are due within the minute, each at its moment.
 */
export function collectService(): string {
  return hostService("collect", {
    description: "Render the figures of the renewed Claude Code logins, and start due runs",
    folder: "claude-fleet/metrics",
    seconds: 110,
    capabilities: "CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE",
  });
}

/** Returns the text of `claude-fleet-collect.timer`, which elapses every minute. */
export function collectTimer(): string {
  return hostTimer("When the figures of the renewed Claude Code logins are rendered", "minutely", "5s");
}

/**
 * Returns the text of a service that runs `command` of the host program. Its limits are for processes of users that it
 * starts: one that forks or eats memory harms only this run, and what it leaves is killed soon after the run.
 * @param facts.folder below /var/lib
 */
function hostService(
  command: string,
  facts: Readonly<Record<"description" | "folder" | "capabilities", string>> & { readonly seconds: number },
): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
Description=${facts.description}
After=nss-user-lookup.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
${trustedStart(HOST_PROGRAM, command)}
SyslogIdentifier=claude-fleet-${command}
StateDirectory=${facts.folder}
TimeoutStartSec=${facts.seconds}
TimeoutStopSec=10
TasksMax=2000
MemoryMax=50%
OOMPolicy=continue
Nice=10

${unsetVariables}

CapabilityBoundingSet=${facts.capabilities}
${confinement}
`;
}

/** Returns the text of a timer, which makes up for no missed run. @param accuracy how much later it may elapse */
function hostTimer(description: string, calendar: string, accuracy: string): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
Description=${description}

[Timer]
OnCalendar=${calendar}
AccuracySec=${accuracy}

[Install]
WantedBy=timers.target
`;
}
