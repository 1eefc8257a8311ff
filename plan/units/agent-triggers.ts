/**
 * Renders what starts the agent: the timer and path templates, and the drop-in with a user's own times. Another drop-in
 * names the watched files, because they lie in the home.
 */
import type { FleetPlan } from "../model.ts";
import { calendar, userOffset } from "./calendar.ts";
import { AGENT, NOW_PATH, PATH_UNIT, SERVICE_UNIT, dropInPath } from "./names.ts";
import { confinement } from "./shared-hardening.ts";
import { SECONDS_PER_REQUEST } from "../../contract/requested-run.ts";

/**
 * Returns the text of `claude-auth-sync@.path`, which is the same for every fleet, host and user.
 *
 * systemd refuses a path unit that watches nothing. The template therefore names a path that never exists, and the drop-in
 * replaces it. `PathChanged=` notices a file that a rename replaces, and a file whose folder is created later. systemd
 * watches nothing during a run, so the agent itself checks for changes before it ends.
 */
export function pathTemplate(): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
Description=Whether the Claude Code login of %i has changed
AssertPathExists=${dropInPath(PATH_UNIT.replace("@", "@%i"))}

[Path]
PathChanged=/nonexistent/%i
MakeDirectory=no
Unit=claude-auth-sync-backup@%i.service

[Install]
WantedBy=paths.target
`;
}

/**
 * Returns the text of `claude-auth-sync-now@.path`, which watches the file that `claude-auth-sync now` writes. The drop-in
 * names that file.
 */
export function nowPathTemplate(): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
Description=Whether %i has asked for the proof of the Claude Code login
AssertPathExists=${dropInPath(NOW_PATH.replace("@", "@%i"))}

[Path]
PathChanged=/nonexistent/%i
MakeDirectory=no

[Install]
WantedBy=paths.target
`;
}

/**
 * Returns the text of `claude-auth-sync-now@.service`. It starts the user's service and then sleeps. systemd does not watch
 * for the next request meanwhile, so the sleep limits the rate. A start limit would stop the path unit for good.
 */
export function nowServiceTemplate(): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
Description=Start the proof of the Claude Code login of %i, once in ${SECONDS_PER_REQUEST} seconds
Wants=${SERVICE_UNIT.replace("@", "@%i")}
StartLimitIntervalSec=0

[Service]
Type=oneshot
User=65534
ExecStart=/bin/sleep ${SECONDS_PER_REQUEST}

CapabilityBoundingSet=
${confinement}
`;
}

/**
 * Returns the text of `claude-auth-sync` in the users' `PATH`. It is no link, because the fleet owns regular files only.
 */
export function commandScript(): string {
  return `#!/bin/sh
# Written by claude-fleet, which undoes edits.
exec ${AGENT} "$@"
`;
}

/**
 * Returns the text of `claude-auth-sync@.timer`, which is the same for every fleet, host and user. Its times count only
 * where a user's drop-in is missing. `Persistent=` makes up for a run that was missed while the machine was off.
 */
export function timerTemplate(): string {
  return `# Written by claude-fleet, which undoes edits.
[Unit]
Description=When the Claude Code login of %i is proven

[Timer]
OnCalendar=*-*-* 00/6:00:00 UTC
AccuracySec=1min
Persistent=yes

[Install]
WantedBy=timers.target
`;
}

/** Returns the text of a user's drop-in for the timer: the interval, with the user's own offset. */
export function timerDropIn({ fleet, renewal }: FleetPlan, user: string): string {
  const { everySeconds, spreadSeconds } = renewal;
  const moments = calendar(everySeconds, userOffset(fleet, user, spreadSeconds));
  return `# Written by claude-fleet for ${user} in the fleet ${fleet}; edits are undone.
[Timer]
OnCalendar=
OnCalendar=${moments}
AccuracySec=${Math.min(60, Math.max(1, Math.floor(everySeconds / 10)))}s
`;
}
