/**
 * Writes spans of time for tables, mostly as two digits and a unit.
 *
 * Kept libraries (ms, pretty-ms, humanize-duration) change to days at 24 hours, where an expiry needs the hours.
 */

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** Returns a span of milliseconds in the largest unit of which it has at least two: `47h`, `13d`, `90s`, `0s`. */
export function span(milliseconds: number): string {
  const size = Math.max(0, milliseconds);
  for (const [unit, length] of UNITS) {
    if (size >= 2 * length) return `${Math.floor(size / length)}${unit}`;
  }
  return `${Math.floor(size / 1000)}s`;
}
