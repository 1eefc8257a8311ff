/** What `claude-fleet host observe` prints: one JSON object, whatever the host did. */
import * as z from "zod";

/** Either the host's own (unchecked) observation, or why there is none. */
export const observedAnswer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("observation"), observation: z.unknown() }),
  z.strictObject({ kind: z.literal("unreachable"), reason: z.string().max(2000) }),
]);
export type ObservedAnswer = z.infer<typeof observedAnswer>;
