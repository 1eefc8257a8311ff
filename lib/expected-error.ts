/** Errors for people, printed as sentences and without a stack. */
import { plainText } from "./printable.ts";

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

/** Returns the `code` of a system error, such as `ENOENT`; empty for every other error. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
