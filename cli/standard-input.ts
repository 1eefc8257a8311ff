/** Reads the JSON that the stack's command resources give to a command. */
import type { z } from "zod";
import { ExpectedError } from "../lib/expected-error.ts";

/** Reads standard input, a JSON text of this shape. @throws {ExpectedError} for anything else */
export async function readStandardInput<T>(shape: z.ZodType<T>): Promise<T> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  try {
    return shape.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
  } catch (error) {
    throw new ExpectedError(
      "standard input is not a request of this version's Pulumi program; run `npm run build`, then `pulumi up`",
      { cause: error },
    );
  }
}
