/** How an action ended when it goes on past single failures. */

/** What was done, and what went wrong beside it, one sentence each. An empty list is success. */
export interface Outcome<T> {
  readonly result: T;
  readonly problems: readonly string[];
}
