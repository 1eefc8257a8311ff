/** What a person reads when something is wrong: the engine's frame is left out, the sentence in it is judged. */
import { expect } from "vitest";
import type { PulumiRun } from "./pulumi.ts";

/** What the engine says of itself when something else has failed. */
const OWN_WORDS = /^(?:update|preview) failed$/;

/** What stands before the output of a command that failed; the problems in it begin with `error: `. */
const COMMAND = /^exit status \d+: running "[^]*":\n/;

/** Sentences of one of the engine's errors. */
function sentencesOf(message: string): readonly string[] {
  const text = message.replace(/^(?:error: |Preview failed: |Error: )+/, "").trim();
  if (OWN_WORDS.test(text)) return [];
  if (!COMMAND.test(text)) return [text];
  const lines = text.split("\n").filter((line) => line.startsWith("error: "));
  return lines.map((line) => line.slice("error: ".length).trim());
}

/**
 * Asserts that a failed run says one thing only, that it names `place`, and that it says what to do.
 * The engine repeats it for each resource that it keeps from its work, which counts as once.
 * @returns the sentence
 */
export function saidOnce(ended: PulumiRun, place: string): string {
  const said = [...new Set(ended.errors.flatMap(sentencesOf))];
  expect(said, ended.output).toHaveLength(1);
  expect(said[0]).toContain(place);
  return said[0] ?? "";
}
