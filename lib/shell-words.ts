/** Quotes words for `/bin/sh`. */

/** Characters that every POSIX shell reads as themselves in every place. */
const PLAIN = /^[A-Za-z0-9_./:@%+,-]+$/;

/**
 * Quotes one word, so that `/bin/sh` reads it as exactly this text.
 * @throws {RangeError} for a NUL, which no argument can hold
 */
export function shellWord(word: string): string {
  if (word.includes("\0")) throw new RangeError("A shell word cannot hold a NUL character.");
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
