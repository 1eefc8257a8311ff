/** The host's own service and timer that render the figures of all its users. */
import { confinement, unsetVariables } from "./hardening.ts";
import { hostTimer } from "./host-timer.ts";
import { HOST_PROGRAM } from "./names.ts";

/**
 * Text of `claude-fleet-collect.service`. It is root's, with those of root's rights left that reading what users own
 * takes: `CAP_DAC_READ_SEARCH`, or where a container's root has lost that, `CAP_DAC_OVERRIDE`. Either way it can write
 * nowhere but below its own state folder: everything else is mounted read-only for it. However often somebody starts it
 * beside its timer, it renders anew.
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

/** Text of `claude-fleet-collect.timer`: every minute. */
export function collectTimer(): string {
  return hostTimer("When the figures of the renewed Claude Code logins are rendered", "minutely", "5s");
}
