/**
 * Renders what starts the agent: the timer and path templates, and the drop-in with a user's own times. Another drop-in
 * names the watched files, because they lie in the home.
 */
import type { FleetPlan } from "../model.ts";
import { calendar, userOffset } from "./calendar.ts";
import { PATH_UNIT, dropInPath } from "./names.ts";

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
