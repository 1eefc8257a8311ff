/** Renders the service and the timer of the hourly repair, which undoes changes since the last apply. */
import { confinement, unsetVariables } from "./shared-hardening.ts";
import { hostTimer } from "./host-timer.ts";
import { HOST_PROGRAM, PROGRAMS, UNIT_FOLDER } from "./names.ts";

/** Folders that root writes. Processes of the users write the homes. */
const WRITTEN = [UNIT_FOLDER, "/etc/polkit-1/rules.d", "/etc/claude-fleet", PROGRAMS];

/**
 * Returns the text of `claude-fleet-assert.service`. It runs as root, with the capabilities to repair files and to become
 * a user. It has no token, so `pulumi up` repairs everything that needs Vault.
 *
 * A home may lie anywhere, so only system folders are read-only. The lines after the shared confinement give back what
 * this service needs.
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

/** Returns the text of `claude-fleet-assert.timer`, which elapses every hour. */
export function assertTimer(): string {
  return hostTimer("When changes to the renewal of Claude Code logins are undone", "hourly", "1min");
}
