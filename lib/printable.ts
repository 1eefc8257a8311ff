/** Escapes text of others, so that a terminal acts on none of it. */

/** The text with everything that a terminal would act on, or that is not seen, written as an escape. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** A host's own words, as a terminal may show them. */
export function fromHost(words: string): string {
  const shown = printable(words);
  return shown.length > 400 ? `${shown.slice(0, 400)}…` : shown;
}
