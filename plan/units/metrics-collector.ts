/** Renders the service and the timer that render the metrics of all users of a host. */
import { confinement, unsetVariables } from "./shared-hardening.ts";
import { hostTimer } from "./host-timer.ts";
import { HOST_PROGRAM } from "./names.ts";

/**
 * Returns the text of `claude-fleet-collect.service`. It runs as root with the capability to read users' files:
 * `CAP_DAC_READ_SEARCH`, or `CAP_DAC_OVERRIDE` where a container's root has lost the first. It can write only below its own
 * state folder, because everything else is mounted read-only. Each start renders all metrics again.
 */
export function collectService(): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
Description=Render the figures of the renewed Claude Code logins
After=nss-user-lookup.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${HOST_PROGRAM} collect
SyslogIdentifier=claude-fleet-collect
StateDirectory=claude-fleet/metrics
TimeoutStartSec=50
Nice=10

${unsetVariables}

CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE
${confinement}
`;
}

/** Returns the text of `claude-fleet-collect.timer`, which elapses every minute. */
export function collectTimer(): string {
  return hostTimer("When the figures of the renewed Claude Code logins are rendered", "minutely", "5s");
}
