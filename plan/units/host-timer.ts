/** Timers that run for a host and not for one user. */

/**
 * Text of such a timer; there is nothing to make up for after a time without.
 * @param description what systemd shows, a clause that begins with "When"
 * @param calendar moments, and accuracy how much later they may be: systemd.time(7)
 */
export function hostTimer(description: string, calendar: string, accuracy: string): string {
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
