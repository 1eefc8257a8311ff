/**
 * Decides which users' runs root starts because their access tokens end soon. The CLI refreshes a token within its refresh
 * window. A CLI command that ends too early there loses the successor, so the agent's run must be the first. Pure.
 */
import { REFRESH_WINDOW_MS } from "../claude/refresh-window.ts";
import type { UserFacts } from "./metrics/workstation-samples.ts";

/** The collector runs every minute. It starts the runs that are due within this time after its own start. */
const HORIZON_MS = 50_000;
/** The time between the starts of two users' runs. */
const GAP_MS = 4000;
/** The shortest time between two starts of one user's run. A user can claim any end of an access token. */
const LEAST_INTERVAL_MS = 60_000;

/** A user whose run may be due soon. Times are milliseconds since the epoch. */
export interface DueUser {
  readonly fleet: string;
  readonly user: string;
  /** When the token enters the refresh window. */
  readonly dueAt: number;
}

/** A start of a user's service. */
export interface DueRun extends DueUser {
  readonly startAt: number;
}

/**
 * Returns the users whose tokens enter the refresh window before the collector runs again. A user who is paused, is not
 * enrolled or whose timer is stopped has no run. A setup-token is never refreshed.
 */
export function dueUsers(users: readonly UserFacts[], now: number): readonly DueUser[] {
  return users.flatMap(({ fleet, user, renewed, enrolled, paused, nextRunAt, status }) => {
    if (!renewed || !enrolled || paused || nextRunAt === null || typeof status === "string") return [];
    if (status.kind !== "login" || status.accessExpiresAt === null) return [];
    const dueAt = status.accessExpiresAt - REFRESH_WINDOW_MS;
    return dueAt <= now + HORIZON_MS ? [{ fleet, user, dueAt }] : [];
  });
}

/**
 * Returns the starts until the collector runs again, in their order. A run that did not lead to a refresh is repeated, each
 * time after twice as long. Of the users whose token is in the window already, the user who ran longest ago comes first. A
 * user who claims false ends of tokens therefore delays another user by at most a minute.
 * @param lastStart when the user's service was started last, by systemd's record; undefined for never
 */
export function dueRuns(
  users: readonly DueUser[],
  now: number,
  lastStart: (user: string) => number | undefined,
): readonly DueRun[] {
  const wanted = users
    .map((due) => {
      const last = lastStart(due.user) ?? -Infinity;
      // The clock was set back since then.
      const former = last > now ? -Infinity : last;
      return { due, former, startAt: Math.max(now, nextStart(due.dueAt, former)) };
    })
    .filter(({ startAt }) => startAt <= now + HORIZON_MS)
    .sort((a, b) => a.startAt - b.startAt || a.former - b.former);
  const runs: DueRun[] = [];
  for (const { due, startAt } of wanted) {
    const free = (runs.at(-1)?.startAt ?? -Infinity) + GAP_MS;
    runs.push({ ...due, startAt: Math.max(startAt, free) });
  }
  return runs.filter(({ startAt }) => startAt <= now + HORIZON_MS);
}

/** Returns when the run is due: when the token enters the window, or after a former run in the window. */
function nextStart(dueAt: number, former: number): number {
  const repeated = former < dueAt ? dueAt : former + (former - dueAt);
  return Math.max(repeated, former + LEAST_INTERVAL_MS);
}
