/** The host's own service and timer that undo what has been changed on it since the last apply. */
import { confinement, unsetVariables } from "./hardening.ts";
import { hostTimer } from "./host-timer.ts";
import { HOST_PROGRAM, PROGRAMS, UNIT_FOLDER } from "./names.ts";

/** What root's part of it writes; homes are written by their users' own processes, wherever they lie. */
const WRITTEN = [UNIT_FOLDER, "/etc/polkit-1/rules.d", "/etc/claude-fleet", PROGRAMS];

/**
 * Text of `claude-fleet-assert.service`. It is root's, with the rights that mending files and becoming a user take, and
 * without any token: what Vault would have to be asked for is left to `pulumi up`.
 *
 * A home may lie anywhere, so nothing but what belongs to the system is read-only here; the lines after the confinement
 * that all services share take back what this one needs.
 */
export function assertService(): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
Description=Undo what was changed about the renewal of Claude Code logins
After=nss-user-lookup.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${HOST_PROGRAM} assert
SyslogIdentifier=claude-fleet-assert
StateDirectory=claude-fleet
TimeoutStartSec=900
Nice=10

${unsetVariables}

CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_SETGID CAP_SETUID
${confinement}
ProtectSystem=full
ProtectHome=no
${WRITTEN.map((path) => `ReadWritePaths=-${path}`).join("\n")}
SystemCallFilter=@chown @setuid
`;
}

/** Text of `claude-fleet-assert.timer`: every hour, as the provisioning of such a host is asked to. */
export function assertTimer(): string {
  return hostTimer("When changes to the renewal of Claude Code logins are undone", "hourly", "1min");
}
