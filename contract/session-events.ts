/**
 * The lines of a conversation: the operator sends one JSON request to the host program's standard input; the program
 * answers with JSON lines ("events"), the last of which is the result. A host's answers are claims: readers check shape
 * and size before they use one.
 */
import * as z from "zod";
import { text } from "./fields.ts";

/**
 * What the program says while it runs. `need-token` asks the operator for a wrapped token of that user and is
 * answered by one line `{"user", "wrappedToken", "wrappedAccessor"}` or `{"user", "error"}`; `revoke` asks the
 * operator to revoke an accessor once it has looked up that it is this fleet's, user's and host's. `line` is a line that
 * a user's agent wrote.
 */
export const hostEvent = z.discriminatedUnion("event", [
  z.strictObject({ event: z.literal("need-token"), user: text(64) }),
  z.strictObject({ event: z.literal("revoke"), user: text(64), accessor: text(200), why: text(200) }),
  z.strictObject({ event: z.literal("progress"), message: text(500) }),
  z.strictObject({ event: z.literal("line"), line: text(2000) }),
  z.strictObject({ event: z.literal("result"), result: z.unknown() }),
  z.strictObject({
    event: z.literal("failed"),
    problems: z.array(text(2000)).max(1000),
    result: z.unknown(),
  }),
]);
export type HostEvent = z.infer<typeof hostEvent>;

/** What answers `need-token`. */
export const tokenAnswer = z.union([
  z.strictObject({ user: text(64), wrappedToken: text(4096).min(1), wrappedAccessor: text(200).min(1) }),
  z.strictObject({ user: text(64), error: text(2000) }),
]);
export type TokenAnswer = z.infer<typeof tokenAnswer>;
