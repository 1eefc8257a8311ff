/** Quotes words for `/bin/sh`. */

/** Characters that no POSIX shell reads as anything but themselves, wherever they stand. */
const PLAIN = /^[A-Za-z0-9_./:@%+,-]+$/;

/**
 * One word, so that `/bin/sh` reads it as exactly this text.
 * @throws RangeError for a NUL, which no argument can hold.
 */
export function shellWord(word: string): string {
  if (word.includes("\0")) throw new RangeError("A shell word cannot hold a NUL character.");
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line of these words. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
