/** Turns drifts into the input of the command that repairs them. Pure. */
import { refusalDrift } from "../plan/drift/refused-host.ts";
import { sha256Of } from "../lib/sha256.ts";

/** The run that a review is made for. */
export interface Run {
  /** Whether it is a preview, which changes nothing. */
  readonly preview: boolean;
  /** RFC 3339. */
  readonly now: string;
}

/** Most characters of an input. Linux takes 128 KiB for one variable, and a state need not hold more. */
const MOST = 60_000;

/**
 * Returns the drift that a command repairs. A preview concludes nothing from what is unknown. An `up` runs the command,
 * which then says why it cannot reach the host.
 */
export function driftInput(
  drifts: readonly string[],
  unknown: readonly string[],
  { preview, now }: Run,
): string | undefined {
  if (drifts.length > 0 || unknown.length === 0 || preview) return joined(drifts);
  // With the time, because the host may have answered the command of an earlier `up` which had the same input.
  return `${joined(unknown)} (${now})`;
}

/** Returns the input with which an `up` fails the command of a host whose report cannot be true. */
export function refusalInput(reason: string, { preview, now }: Run): string | undefined {
  return preview ? undefined : refusalDrift(reason, now);
}

/** Joins the lines. Of very many only the first ones stay, with a digest of all of them. */
export function joined(lines: readonly string[]): string | undefined {
  if (lines.length === 0) return undefined;
  const whole = lines.join("\n");
  if (whole.length <= MOST) return whole;
  let length = 0;
  const kept = lines.filter((line) => (length += line.length + 1) <= MOST);
  return [...kept, `… and ${lines.length - kept.length} more (${sha256Of(whole).slice(0, 12)})`].join("\n");
}
