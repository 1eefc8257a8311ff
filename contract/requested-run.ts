/**
 * The request of `claude-auth-sync now` and its answer. Both are files in the user's own state folder. systemd notices the
 * request and starts a run. The run answers the request that it finds at its start.
 */
import * as z from "zod";
import { parseJson } from "../lib/parse-json.ts";

/** systemd starts at most one requested run in so many seconds. */
export const SECONDS_PER_REQUEST = 30;

/** A larger request or answer is not read. */
export const MAX_REQUEST_BYTES = 4096;

/** The content of a request: a random name, so that an answer belongs to one request. */
const requestName = z.string().regex(/^[0-9a-f]{32}$/);

const answer = z.strictObject({
  request: requestName,
  /** The run's line: see reportLine. */
  line: z.string().max(2000),
  exitCode: z.number().int().min(0).max(255),
});
export type RunAnswer = z.infer<typeof answer>;

/** Returns the name in a request; undefined for any other text. */
export function parseRunRequest(text: string): string | undefined {
  return requestName.safeParse(text.trim()).data;
}

/** Returns the answer in a text; undefined for any other text. */
export function parseRunAnswer(text: string): RunAnswer | undefined {
  return answer.safeParse(parseJson(text)).data;
}
