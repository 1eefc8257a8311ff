/** Escapes text from outside, so that a terminal executes nothing in it. */

/** Returns the text with every control character and every invisible character as an escape. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Returns a host's text in a form that is safe to show in a terminal, cut to 400 characters. */
export function fromHost(words: string): string {
  const shown = printable(words);
  return shown.length > 400 ? `${shown.slice(0, 400)}…` : shown;
}
