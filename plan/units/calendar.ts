/** Renders intervals as systemd calendar expressions, with an offset for each user. */
import { createHash } from "node:crypto";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;

/** Lists the possible intervals, for messages. */
export const INTERVALS = Object.entries({ s: 1, m: MINUTE, h: HOUR })
  .map(([letter, unit]) => {
    const counts = Array.from({ length: 60 }, (_, index) => index + 1);
    const possible = counts.filter((count) => step(count * unit)?.unit === unit);
    return possible
      .map((count) => `${count}${letter}`)
      .join(", ")
      .replace(/, (?=\w+$)/, " or ");
  })
  .join("; ");

/**
 * Returns the step that a calendar expression can repeat: at least 10 seconds that divide a minute, minutes that divide an
 * hour, or hours that divide a day. Undefined: the runs would not be evenly spaced over midnight.
 */
function step(seconds: number): { unit: number; count: number } | undefined {
  for (const [unit, whole] of [
    [HOUR, DAY],
    [MINUTE, HOUR],
    [1, MINUTE],
  ] as const) {
    const least = unit === 1 ? 10 : unit;
    const most = unit === HOUR ? DAY : whole / 2;
    if (seconds >= least && seconds <= most && seconds % unit === 0 && whole % seconds === 0) {
      return { unit, count: seconds / unit };
    }
  }
  return undefined;
}

/** Returns whether a calendar expression can start runs with this interval, evenly spaced. */
export function isInterval(seconds: number): boolean {
  return step(seconds) !== undefined;
}

const two = (value: number): string => String(value).padStart(2, "0");

/**
 * Returns the calendar expression that elapses every `everySeconds`, `offsetSeconds` after each multiple since midnight.
 * `offsetSeconds` must be below `everySeconds`. It is in UTC, because a local day may have 23 or 25 hours.
 * Source: https://www.freedesktop.org/software/systemd/man/252/systemd.time.html#Calendar%20Events
 * @throws RangeError when no expression exists; the settings refuse such an interval
 */
export function calendar(everySeconds: number, offsetSeconds: number): string {
  const found = step(everySeconds);
  if (!found || offsetSeconds < 0 || offsetSeconds >= everySeconds || !Number.isInteger(offsetSeconds)) {
    throw new RangeError(`No calendar expression for every ${everySeconds} s, offset ${offsetSeconds} s.`);
  }
  const hours = Math.floor(offsetSeconds / HOUR);
  const minutes = Math.floor((offsetSeconds % HOUR) / MINUTE);
  const seconds = offsetSeconds % MINUTE;
  const repeat = `/${found.count}`;
  switch (found.unit) {
    case HOUR:
      return `*-*-* ${two(hours)}${found.count === 24 ? "" : repeat}:${two(minutes)}:${two(seconds)} UTC`;
    case MINUTE:
      return `*-*-* *:${two(minutes)}${repeat}:${two(seconds)} UTC`;
    default:
      return `*-*-* *:*:${two(seconds)}${repeat} UTC`;
  }
}

/**
 * Returns how many seconds after each multiple of the interval a user's run starts. The value is always the same for a
 * user, and evenly spread between users. `RandomizedDelaySec=` is added to the *next* elapse as well, so the next run
 * could be more than an interval away. This offset also stands in the unit file, where people can read it.
 */
export function userOffset(fleet: string, user: string, spreadSeconds: number): number {
  if (spreadSeconds <= 0) return 0;
  return createHash("sha256").update(`${fleet}\n${user}`).digest().readUInt32BE(0) % spreadSeconds;
}
