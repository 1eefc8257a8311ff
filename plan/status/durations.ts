/** Spans of time in the words of a table: two digits and a unit. Pure. */

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** A span of milliseconds in its largest unit of which there are two, or its only one: `47h`, `13d`, `90s`, `0s`. */
export function span(milliseconds: number): string {
  const size = Math.max(0, milliseconds);
  for (const [unit, length] of UNITS) {
    if (size >= 2 * length) return `${Math.floor(size / length)}${unit}`;
  }
  return `${Math.floor(size / 1000)}s`;
}

/** How long ago a moment was. */
export function since(moment: number, now: number): string {
  return span(now - moment);
}

/** How long it is until a moment. */
export function left(moment: number, now: number): string {
  return span(moment - now);
}
