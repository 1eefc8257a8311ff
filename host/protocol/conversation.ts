/**
 * What the operator's machine and the host program say to each other: one JSON request on the program's
 * standard input, then JSON lines ("events") on its standard output, the last of which is the result.
 * The host's answers are its claims: shape and size are checked before anything believes them.
 */
import { z } from "zod";
import type { RotationRequest } from "./rotation.ts";
import { text } from "./shared.ts";
import type { HostPlan } from "./workstation.ts";
import type {
  HostToken,
  ObservedService,
  HostCompose,
  Recreation,
  ContainerOwner,
  ContainerCheck,
  StaleQuestion,
} from "./token.ts";
import type { UserTarget } from "./operate.ts";
import type { RulesPlan } from "./rules.ts";

/** Requests, by action. */
export type HostRequest =
  | { readonly action: "observe-workstation"; readonly plan: HostPlan }
  | { readonly action: "retire"; readonly plan: HostPlan; readonly maxChanges: number }
  | { readonly action: "apply"; readonly plan: HostPlan; readonly maxChanges: number }
  | { readonly action: "remove"; readonly plan: HostPlan }
  | {
      readonly action: "observe-token";
      readonly token: HostToken;
      readonly services: readonly ObservedService[];
      /** Undefined where the stack makes the containers itself. */
      readonly compose: HostCompose | undefined;
    }
  /** `sha256`: the candidate's digest as it was observed, or `unknown`. */
  | { readonly action: "gate"; readonly token: HostToken; readonly sha256: string }
  | { readonly action: "put-back"; readonly token: HostToken }
  | { readonly action: "clear-container"; readonly leftover: ContainerOwner }
  | { readonly action: "recreate"; readonly recreation: Recreation }
  | { readonly action: "stale-processes"; readonly question: StaleQuestion }
  | { readonly action: "verify-container"; readonly check: ContainerCheck }
  | { readonly action: "run-agent"; readonly target: UserTarget }
  | { readonly action: "await-login"; readonly target: UserTarget; readonly timeoutSeconds: number }
  | { readonly action: "pause"; readonly target: UserTarget; readonly by: string; readonly reason: string }
  | { readonly action: "resume"; readonly target: UserTarget }
  | { readonly action: "observe-rules" | "place-rules" | "remove-rules"; readonly rules: RulesPlan }
  | { readonly action: "status"; readonly protocol: number; readonly fleet: string }
  | RotationRequest;

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
