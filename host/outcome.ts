/** Gathers failures where one failed step must not stop the others. */
import { problemsOf } from "../lib/expected-error.ts";

/** Holds what an action did, and one sentence for each step that failed beside it. */
export interface Outcome<T> {
  readonly result: T;
  /** Empty when every step succeeded. */
  readonly problems: readonly string[];
}

/**
 * Runs one step and returns its problems instead of throwing them.
 * @param about precedes each problem, such as `alice: `
 */
export async function attempt(work: () => Promise<unknown>, about = ""): Promise<readonly string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    return problemsOf(error).map((problem) => `${about}${problem}`);
  }
}
