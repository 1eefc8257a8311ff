/** Names and places of the units; two fleets on one host share the templates, each user's drop-ins name theirs. */

/** Where units of the machine's administrator lie. */
export const UNIT_FOLDER = "/etc/systemd/system";

/** The service's template. */
export const SERVICE_UNIT = "claude-auth-sync@.service";

/** The timer's template. */
export const TIMER_UNIT = "claude-auth-sync@.timer";

/** File name of each drop-in. */
export const dropInName = "10-claude-fleet.conf";

/** The agent, as the host program installs it. */
export const AGENT = "/usr/local/lib/claude-fleet/current/claude-auth-sync";

/** A user's service. User names hold nothing that systemd escapes. */
export function userService(user: string): string {
  return `claude-auth-sync@${user}.service`;
}

/** A user's timer. */
export function userTimer(user: string): string {
  return `claude-auth-sync@${user}.timer`;
}
