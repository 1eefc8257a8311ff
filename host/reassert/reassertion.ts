/** What was repaired on a host. */

/** What was done about a host, or a part of it. */
export interface Reassertion {
  /** What was not as the last apply left it and is again, one clause each. */
  readonly mended: readonly string[];
  /** What could not be mended, one sentence each. */
  readonly problems: readonly string[];
}
