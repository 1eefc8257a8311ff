/** Names the units and their places. Fleets on one host share the templates; a user's drop-ins name the fleet. */

/** The folder for units of the machine's administrator. */
export const UNIT_FOLDER = "/etc/systemd/system";

/** Template of the service that proves a user's login. */
export const SERVICE_UNIT = "claude-auth-sync@.service";

/** Template of the timer that starts that service. */
export const TIMER_UNIT = "claude-auth-sync@.timer";

/** Template of the unit that watches a user's login. */
export const PATH_UNIT = "claude-auth-sync@.path";

/** Template of the service that the path unit starts. */
export const BACKUP_UNIT = "claude-auth-sync-backup@.service";

/** Template of the service that runs after it, when the path unit watches again. */
export const RECHECK_UNIT = "claude-auth-sync-recheck@.service";

/** The service that renders the metrics of all users of the host. */
export const COLLECT_SERVICE = "claude-fleet-collect.service";

/** The timer of that service. */
export const COLLECT_TIMER = "claude-fleet-collect.timer";

/** The service of the hourly repair. */
export const ASSERT_SERVICE = "claude-fleet-assert.service";

/** The timer of that service. */
export const ASSERT_TIMER = "claude-fleet-assert.timer";

const dropInName = "10-claude-fleet.conf";

/** The folder with one folder for each version of the program, and the link `current`. */
export const PROGRAMS = "/usr/local/lib/claude-fleet";

/** The agent, as the host program installs it. */
export const AGENT = `${PROGRAMS}/current/claude-auth-sync`;

/** The host program, as it installs itself. */
export const HOST_PROGRAM = `${PROGRAMS}/current/claude-fleet-host`;

/** Returns a user's service. User names hold no character that systemd escapes. */
export function userService(user: string): string {
  return instance(SERVICE_UNIT, user);
}

/** Returns a user's timer. */
export function userTimer(user: string): string {
  return instance(TIMER_UNIT, user);
}

/** Returns the unit that watches a user's login. */
export function userPath(user: string): string {
  return instance(PATH_UNIT, user);
}

/** Returns the service that stores a user's login without proving it. */
export function userBackup(user: string): string {
  return instance(BACKUP_UNIT, user);
}

/** Returns the service that stores what the path unit may have missed. */
export function userRecheck(user: string): string {
  return instance(RECHECK_UNIT, user);
}

/** Returns the path of the drop-in for a unit. */
export function dropInPath(unit: string): string {
  return `${UNIT_FOLDER}/${unit}.d/${dropInName}`;
}

function instance(template: string, user: string): string {
  return template.replace("@", `@${user}`);
}
