/**
 * The words that the alerts' PromQL is made of. Ages are by the host's own clock, which rendered the figures: a host
 * whose clock is wrong, or was set right, makes nobody's login look old. Pure.
 */
import { METRICS, USER_LABELS, type Metric } from "../metrics/table.ts";

const NOW = METRICS.collected.name;
const USER = USER_LABELS.join(", ");

/** Renewed users who are neither paused nor waiting for their first login, on hosts whose figures are fresh. */
export const WATCHED = "claude_fleet:user_watched";

/** Those of them whose login is dead. */
export const DEAD = "claude_fleet:user_login_dead";

/** How many of a fleet died within the hour. */
export const DIED = "claude_fleet:logins_died_within_hour";

/** Fleets in which many logins died at once, as long as many are dead. */
export const INCIDENT = "claude_fleet:logins_dying";

/** Workstations whose agents cannot use Vault. */
export const VAULT_AWAY = "claude_fleet:vault_away";

/** When a workstation's figures were scraped last, remembered for as long as Prometheus itself goes on. */
export const SEEN = "claude_fleet:workstation_seen_timestamp_seconds";

/** A figure, of those with these labels. */
export function figure(metric: Metric, selector = ""): string {
  return selector === "" ? metric.name : `${metric.name}{${selector}}`;
}

/** Seconds that have passed since the moment that a figure of a user names. */
export function age(metric: Metric, selector = ""): string {
  return `(${NOW} - on (instance) group_right () ${figure(metric, selector)})`;
}

/** Seconds until the moment that a figure of a user names. */
export function remaining(metric: Metric, selector = ""): string {
  return `(${figure(metric, selector)} - on (instance) group_left () ${NOW})`;
}

/** A condition about users, of those who are watched, with a user's labels alone. */
export function ofWatched(condition: string): string {
  return `max by (${USER}) (${condition} and on (instance, ${USER}) ${WATCHED})`;
}

/** A condition about users whatever they are, with a user's labels alone. */
export function ofUsers(condition: string): string {
  return `max by (${USER}) (${condition})`;
}

/** What is left of a condition when another one tells it already. */
export function unless(condition: string, labels: readonly string[], other: string): string {
  return `${condition}\nunless on (${labels.join(", ")}) ${other}`;
}
