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

/** Template of the unit that watches for a user's request of a run. */
export const NOW_PATH = "claude-auth-sync-now@.path";

/** Template of the service which that unit starts. It starts the user's service, and limits the rate. */
export const NOW_SERVICE = "claude-auth-sync-now@.service";

/** Templates of the units that start a user's services. */
export const STARTERS: readonly string[] = [TIMER_UNIT, PATH_UNIT, NOW_PATH];

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

/** The agent's command in the `PATH` of every user. */
export const COMMAND = "/usr/local/bin/claude-auth-sync";

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

/** Returns the unit that watches for a user's request of a run. */
export function userNowPath(user: string): string {
  return instance(NOW_PATH, user);
}

/** Returns the service which that unit starts. */
export function userNow(user: string): string {
  return instance(NOW_SERVICE, user);
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

/** Returns a user's instance of a template. */
export function instance(template: string, user: string): string {
  return template.replace("@", `@${user}`);
}
