/** Names and places of the units; two fleets on one host share the templates, each user's drop-ins name theirs. */

/** Where units of the machine's administrator lie. */
export const UNIT_FOLDER = "/etc/systemd/system";

/** The service's template. */
export const SERVICE_UNIT = "claude-auth-sync@.service";

/** The timer's template. */
export const TIMER_UNIT = "claude-auth-sync@.timer";

/** Template of the unit that watches a user's login. */
export const PATH_UNIT = "claude-auth-sync@.path";

/** Template of what that unit starts. */
export const BACKUP_UNIT = "claude-auth-sync-backup@.service";

/** Template of what looks once more after that, when the path unit watches again. */
export const RECHECK_UNIT = "claude-auth-sync-recheck@.service";

/** The host's own service that renders the figures of all its users. */
export const COLLECT_SERVICE = "claude-fleet-collect.service";

/** When that service runs. */
export const COLLECT_TIMER = "claude-fleet-collect.timer";

/** The host's own service that undoes what was changed since the last apply. */
export const ASSERT_SERVICE = "claude-fleet-assert.service";

/** When that service runs. */
export const ASSERT_TIMER = "claude-fleet-assert.timer";

/** File name of each drop-in. */
export const dropInName = "10-claude-fleet.conf";

/** One folder a version of the program, and the link `current`. */
export const PROGRAMS = "/usr/local/lib/claude-fleet";

/** The agent, as the host program installs it. */
export const AGENT = `${PROGRAMS}/current/claude-auth-sync`;

/** The host program, as it installs itself. */
export const HOST_PROGRAM = `${PROGRAMS}/current/claude-fleet-host`;

/** A user's service. User names hold nothing that systemd escapes. */
export function userService(user: string): string {
  return instance(SERVICE_UNIT, user);
}

/** A user's timer. */
export function userTimer(user: string): string {
  return instance(TIMER_UNIT, user);
}

/** The unit that watches a user's login. */
export function userPath(user: string): string {
  return instance(PATH_UNIT, user);
}

/** The service that stores a user's login without proving it. */
export function userBackup(user: string): string {
  return instance(BACKUP_UNIT, user);
}

/** The service that looks for what the path unit cannot have seen. */
export function userRecheck(user: string): string {
  return instance(RECHECK_UNIT, user);
}

/** Path of the drop-in for an instance. */
export function dropInPath(unit: string): string {
  return `${UNIT_FOLDER}/${unit}.d/${dropInName}`;
}

function instance(template: string, user: string): string {
  return template.replace("@", `@${user}`);
}
