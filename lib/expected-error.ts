/** Errors for people, printed as sentences and without a stack; and text that is safe to print. */

/** An error that can happen in normal operation. Each problem is one sentence: what failed, where, the value, the remedy. */
export class ExpectedError extends Error {
  override readonly name = "ExpectedError";
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[], options?: ErrorOptions) {
    const list = typeof problems === "string" ? [problems] : [...problems];
    super(list.join("\n"), options);
    this.problems = list;
  }
}

/** Returns the sentences of any error: the problems of an expected error, or the message of another one on one line. */
export function problemsOf(error: unknown): readonly string[] {
  if (error instanceof ExpectedError) return error.problems;
  const message = error instanceof Error ? error.message : String(error);
  return [plainText(message, 1000)];
}

/** Returns `text` on one line, without control characters, cut to `max` characters. It is safe to print and to log. */
export function plainText(text: string, max: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}

/** Returns the `code` of a system error, such as `ENOENT`; empty for every other error. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
