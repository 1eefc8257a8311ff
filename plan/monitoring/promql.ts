/**
 * Builds the parts that the alerts' PromQL shares. Ages are measured by the clock of the host that rendered the
 * metrics: a host with a wrong clock makes no login look old.
 */
import { METRICS, USER_LABELS, type Metric } from "../metrics/metric-table.ts";

const NOW = METRICS.collected.name;
const USER = USER_LABELS.join(", ");

/** Renewed users on hosts with fresh metrics who are neither paused nor waiting for their first login. */
export const WATCHED = "claude_fleet:user_watched";

/** Watched users whose login is dead. */
export const DEAD = "claude_fleet:user_login_dead";

/** How many logins of a fleet died within the last hour. */
export const DIED = "claude_fleet:logins_died_within_hour";

/** Fleets in which many logins died at once, for as long as many are dead. */
export const INCIDENT = "claude_fleet:logins_dying";

/** Workstations whose agents cannot use Vault. */
export const VAULT_AWAY = "claude_fleet:vault_away";

/** When Prometheus last scraped the metrics of a workstation. */
export const SEEN = "claude_fleet:workstation_seen_timestamp_seconds";

/** Returns a query for the samples of `metric` that match `selector`. */
export function samplesOf(metric: Metric, selector = ""): string {
  return selector === "" ? metric.name : `${metric.name}{${selector}}`;
}

/** Returns a query for the seconds since the moment that a user's `metric` holds. */
export function age(metric: Metric, selector = ""): string {
  return `(${NOW} - on (instance) group_right () ${samplesOf(metric, selector)})`;
}

/** Returns a query for the seconds until the moment that a user's `metric` holds. */
export function remaining(metric: Metric, selector = ""): string {
  return `(${samplesOf(metric, selector)} - on (instance) group_left () ${NOW})`;
}

/** Restricts a condition about users to watched users. The result has a user's labels alone. */
export function ofWatched(condition: string): string {
  return `max by (${USER}) (${condition} and on (instance, ${USER}) ${WATCHED})`;
}

/** Reduces a condition about users to a user's labels alone. */
export function ofUsers(condition: string): string {
  return `max by (${USER}) (${condition})`;
}

/** Removes from a condition what another alert reports already. */
export function unless(condition: string, labels: readonly string[], other: string): string {
  return `${condition}\nunless on (${labels.join(", ")}) ${other}`;
}
