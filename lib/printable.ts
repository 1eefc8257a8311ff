/** Escapes text from outside, so that a terminal executes nothing in it. */

/** Returns the text with every control character and every invisible character as an escape. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Returns a value of JSON with every text and key in it made printable. */
export function printableValue<T>(value: T): T {
  if (typeof value === "string") return printable(value) as T;
  if (Array.isArray(value)) return value.map(printableValue) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    printable(key),
    printableValue<unknown>(inner),
  ]);
  return Object.fromEntries(entries) as T;
}

/** Returns a host's text in a form that is safe to show in a terminal, cut to 400 characters. */
export function fromHost(words: string): string {
  const shown = printable(words);
  return shown.length > 400 ? `${shown.slice(0, 400)}…` : shown;
}

/** Returns `text` on one line, without control characters, cut to `max` characters. It is safe to print and to log. */
export function plainText(text: string, max: number): string {
  const line = printable(text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim());
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}

/** Returns the first `count` of these texts, each as {@link plainText}. */
export function plainTexts(texts: readonly string[], count: number, max: number): string[] {
  return texts.slice(0, count).map((text) => plainText(text, max));
}
