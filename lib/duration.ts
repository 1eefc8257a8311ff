/**
 * Durations as people write them: `30s`, `15m`, `6h`, `32d`.
 *
 * Kept libraries (ms, parse-duration) also take `1.5h`, `2 days`, `1y` and `6h30m`. The settings take one whole number and
 * one unit, so that each duration has one notation in files, messages and metrics.
 */

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Longest duration that is read, in seconds: ten years. */
export const LONGEST_DURATION = 3650 * SECONDS.d;

/** Returns the seconds of a duration such as `15m` or `0s`, or undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  if (!match) return undefined;
  const seconds = Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
  return seconds <= LONGEST_DURATION ? seconds : undefined;
}

/** Returns the shortest text that `parseDuration` reads back as these seconds. */
export function formatDuration(seconds: number): string {
  for (const unit of ["d", "h", "m"] as const) {
    if (seconds > 0 && seconds % SECONDS[unit] === 0) return `${seconds / SECONDS[unit]}${unit}`;
  }
  return `${seconds}s`;
}

/**
 * Returns the duration in the notation of Go's `Duration.String`, which Docker's provider reads back: `30s`, `1m30s`,
 * `2h0m0s`.
 * Source: https://pkg.go.dev/time#Duration.String
 */
export function goDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
