/** One difference between the roster and the world, as a hand makes it. */
import type { DevEnvironment } from "../../../dev/environment.ts";

/** What the difference must lead to. */
export interface Consequence {
  /** What a preview names, sorted, word for word. */
  readonly named: readonly string[];
  /** What `up` does, each as "op name", sorted. */
  readonly repairs: readonly string[];
  /** Parts of the world that are others after the repair; everything else is as it was before the difference. */
  readonly renewed?: readonly string[];
  /** What else must hold after the repair. */
  readonly afterwards?: () => Promise<void>;
}

/** A difference. */
export interface DriftCase {
  readonly what: string;
  readonly make: (environment: DevEnvironment) => Promise<Consequence>;
}
