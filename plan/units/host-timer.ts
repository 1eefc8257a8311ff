/** Renders timers of a whole host. */

/**
 * Returns the text of a timer. It makes up for no missed run.
 * @param description a clause that begins with "When", which systemd shows
 * @param calendar when it elapses, as in systemd.time(7)
 * @param accuracy how much later it may elapse
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
