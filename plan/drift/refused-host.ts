/** Writes into a drift that a host's command must fail, and reads it again. The command then does not speak to the host. */

const REFUSED = "refused: ";

/** Returns the drift. @param reason one sentence without a full stop @param now RFC 3339, so that each `up` has another text */
export function refusalDrift(reason: string, now: string): string {
  return `${REFUSED}${reason} (${now})`;
}

/** Returns why the command must fail; undefined when it may run. */
export function refusalIn(drift: string): string | undefined {
  return drift.startsWith(REFUSED) ? drift.slice(REFUSED.length).replace(/ \([^()]*\)$/, "") : undefined;
}
