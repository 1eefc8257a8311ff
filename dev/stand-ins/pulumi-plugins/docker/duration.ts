// Durations as Go writes them: the engine speaks nanoseconds, the official provider texts such as `1m30s`.

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** The form of a duration. */
export const DURATION = /^(0|(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)$/;

/**
 * Nanoseconds of a duration such as `30s`, `1.5h` or `1m30s`.
 * @throws Error for any other text.
 */
export function parseDuration(text: string): number {
  if (text === "0") return 0;
  if (!DURATION.test(text)) {
    throw new Error(`${JSON.stringify(text)} is no duration: give a number with ms, s, m or h, such as 30s.`);
  }
  let total = 0;
  for (const [, number = "0", , unit = "s"] of text.matchAll(/(\d+(\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * (UNITS[unit] ?? 0);
  }
  return Math.round(total);
}

/** The text that Go's time.Duration gives for nanoseconds: `0s`, `1.5s`, `1m30s`, `250ms`. */
export function formatDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${String(nanoseconds)}ns`;
  if (nanoseconds < 1e6) return `${String(nanoseconds / 1e3)}µs`;
  if (nanoseconds < 1e9) return `${String(nanoseconds / 1e6)}ms`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  const seconds = (nanoseconds % 60e9) / 1e9;
  if (hours > 0) return `${String(hours)}h${String(minutes)}m${String(seconds)}s`;
  return minutes > 0 ? `${String(minutes)}m${String(seconds)}s` : `${String(seconds)}s`;
}
