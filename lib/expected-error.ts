/** Errors that a person is meant to read: printed as sentences, without a stack. */

/** Something that can go wrong in good operation. Each problem is one sentence: place, value, remedy. */
export class ExpectedError extends Error {
  override readonly name = "ExpectedError";
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[], options?: ErrorOptions) {
    const list = typeof problems === "string" ? [problems] : [...problems];
    super(list.join("\n"), options);
    this.problems = list;
  }
}

/** The sentences of any error: an expected one's problems, another one's message on one line. */
export function problemsOf(error: unknown): readonly string[] {
  if (error instanceof ExpectedError) return error.problems;
  const message = error instanceof Error ? error.message : String(error);
  return [plainText(message, 1000)];
}

/** `text` on one line without control characters, cut to `max` characters: safe to print and to log. */
export function plainText(text: string, max: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}

/** The `code` of a system error (`ENOENT`, `EACCES`, …); empty for every other error. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
