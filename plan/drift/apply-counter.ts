/** Marks drifts with the apply counter, so that a drift that returns after a repair is a new input for Pulumi. */

/** The fleet's counter on a host. The keys are those of the observation. */
export interface ApplyCounter {
  /** How often the fleet applied, passed a file or placed rules here. 0: never. */
  readonly generation: number;
  /** The boot fingerprint: it changes when the host is rebuilt or restored from a copy. See host/boot-fingerprint.ts. */
  readonly mark: string;
}

/** What is counted: applies of a workstation, files that a gate has passed, placements of rules. */
export type Counted = "apply" | "gate" | "placement";

/**
 * Adds the counter to a drift. The text is the same in a preview and its `up`. After a repair it differs, so the engine
 * does not mistake a new drift for the repaired one.
 */
export function withCounter(drift: string, counted: Counted, { generation, mark }: ApplyCounter): string {
  return `${drift} (${counted} ${generation}, ${mark})`;
}

/** Removes the counter from a drift, for people. */
export function withoutCounter(drift: string): string {
  return drift.replace(/ \((?:apply|gate|placement) \d+, [0-9a-f]{8}\)$/, "");
}
