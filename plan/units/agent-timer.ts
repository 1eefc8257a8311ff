/** Renders the timer template, and the drop-in with a user's own times. */
import { calendar, userOffset } from "./calendar.ts";

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
export function timerDropIn(facts: {
  readonly fleet: string;
  readonly user: string;
  readonly everySeconds: number;
  readonly spreadSeconds: number;
}): string {
  const { fleet, user, everySeconds, spreadSeconds } = facts;
  const moments = calendar(everySeconds, userOffset(fleet, user, spreadSeconds));
  return `# Written by claude-fleet for ${user} in the fleet ${fleet}; edits are undone.
[Timer]
OnCalendar=
OnCalendar=${moments}
AccuracySec=${Math.min(60, Math.max(1, Math.floor(everySeconds / 10)))}s
`;
}
