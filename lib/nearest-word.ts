/** Finds the known word that a mistyped word most likely stands for. */
import { closestMatch } from "leven";

/**
 * Returns the entry of `known` that differs from `word` by the fewest edits, or undefined when every entry differs by
 * more than about a third of the word. Case is ignored. Of equal entries, the first wins.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  // Two swapped letters count as two edits, so a word of four letters must allow two.
  const maxDistance = word.length < 4 ? 1 : Math.max(2, Math.floor((word.length + 1) / 3));
  const match = closestMatch(
    word.toLowerCase(),
    known.map((entry) => entry.toLowerCase()),
    { maxDistance },
  );
  return known.find((entry) => entry.toLowerCase() === match);
}
