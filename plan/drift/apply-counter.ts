/** Notes: differences that were seen on a host, as an input of the command that mends them. */

/** What counts the changes that a fleet has made on a host. */
export interface ApplyCounter {
  /** How many there were; 0: none. */
  readonly generation: number;
  /** Another one when the host, or its memory, was made anew or put back: see host/boot-fingerprint.ts. */
  readonly mark: string;
}

/** What is counted: applies of a workstation, files that a gate has passed, placements of rules. */
export type Counted = "apply" | "gate" | "placement";

/**
 * A difference with what tells it from the same one at another time: it is the same between a preview and its `up`, and
 * another one when it is there again after a repair, which the engine would else take for the input that it has already.
 */
export function withCounter(
  difference: string,
  counted: Counted,
  { generation, mark }: ApplyCounter,
): string {
  return `${difference} (${counted} ${generation}, ${mark})`;
}

/** The difference alone, as a person reads it. */
export function withoutCounter(text: string): string {
  return text.replace(/ \((?:apply|gate|placement) \d+, [0-9a-f]{8}\)$/, "");
}
