/**
 * The lines of a session. The operator sends one JSON request to the host program's standard input. The program answers
 * with JSON lines ("events"); the last one is the result. Events are claims of the host: the reader checks their shape and
 * size.
 */
import * as z from "zod";
import { text } from "./fields.ts";
import { PROTOCOL_LIMITS } from "./protocol-limits.ts";

/**
 * An event. `need-token` asks the operator for a wrapped token of that user; the answer is one tokenAnswer (wrapped-token.ts).
 * `revoke` asks the operator to revoke an accessor, once the operator has looked up that it belongs to this fleet, user and
 * host. `line` is one line of a user's agent. `result` and `failed` end the session.
 */
export const hostEvent = z.discriminatedUnion("event", [
  z.strictObject({ event: z.literal("need-token"), user: text(64) }),
  z.strictObject({
    event: z.literal("revoke"),
    user: text(64),
    accessor: text(200),
    why: text(PROTOCOL_LIMITS.reason),
  }),
  z.strictObject({ event: z.literal("progress"), message: text(PROTOCOL_LIMITS.progress) }),
  z.strictObject({ event: z.literal("line"), line: text(PROTOCOL_LIMITS.line) }),
  z.strictObject({ event: z.literal("result"), result: z.unknown() }),
  z.strictObject({
    event: z.literal("failed"),
    problems: z.array(text(PROTOCOL_LIMITS.problem)).max(PROTOCOL_LIMITS.problems),
    result: z.unknown(),
  }),
]);
export type HostEvent = z.infer<typeof hostEvent>;
