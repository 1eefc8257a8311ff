/** Reads JSON that others give to a command. */
import { text as readAll } from "node:stream/consumers";
import type { z } from "zod";
import { ExpectedError } from "../lib/expected-error.ts";

/** Returns the value of a JSON text that has this shape. @throws {ExpectedError} with `complaint` for any other text */
export function parseAs<T>(shape: z.ZodType<T>, text: string, complaint: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new ExpectedError(complaint, { cause: error });
  }
}

/** Reads what the stack's command resources give on standard input. @throws {ExpectedError} for another shape */
export async function readStandardInput<T>(shape: z.ZodType<T>): Promise<T> {
  const complaint =
    "standard input is not a request of this version's Pulumi program; run `npm run build`, then `pulumi up`";
  return parseAs(shape, await readAll(process.stdin), complaint);
}
