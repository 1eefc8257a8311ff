/** What `diagnose` and `rotate` ask of a token's host, and what it answers; the rest is beside it. */
import { z } from "zod";
import type { EnvironmentPlan, GatewayPlan, LogsPlan, VariablePlan } from "../../plan/rotation-model.ts";
import { sha256, text } from "./shared.ts";
import type { HostToken, ObservedService } from "./token.ts";

/** The first 16 hexadecimal digits of a token's SHA-256. */
const fingerprint = z.string().regex(/^[0-9a-f]{16}$/);

/** What is to be looked at beside the token itself. */
export interface TokenQuestion {
  readonly token: HostToken;
  readonly services: readonly ObservedService[];
  readonly gateway: GatewayPlan | undefined;
  readonly fallbackKey: VariablePlan | undefined;
  readonly environment: EnvironmentPlan | undefined;
  readonly logs: LogsPlan;
  readonly failedTasks: readonly string[] | undefined;
  /** Whether the token before the current one is asked, too. */
  readonly former: boolean;
}

/** Who rotates. `id` names the rotation and outlives the process that began it. */
export interface RotationOwner {
  readonly id: string;
  /** `user@machine`. */
  readonly by: string;
}

/** Requests of a rotation, by action. `token.file` decides which lock is meant. */
export type RotationRequest =
  | {
      readonly action: "rotation-state";
      readonly token: HostToken;
      readonly services: readonly ObservedService[];
      readonly environment: EnvironmentPlan | undefined;
    }
  | { readonly action: "diagnose-token"; readonly question: TokenQuestion }
  /** Takes the lock or shows that one still has it; `takeOver`: whoever had it. */
  | {
      readonly action: "rotation-lock";
      readonly token: HostToken;
      readonly owner: RotationOwner;
      readonly takeOver: boolean;
    }
  | { readonly action: "rotation-unlock"; readonly token: HostToken; readonly id: string }
  /** `content` is the whole new token file. Refused unless the rotation `id` has the lock. */
  | {
      readonly action: "deliver-token";
      readonly token: HostToken;
      readonly id: string;
      readonly content: string;
    }
  /** Writes the token of the file that is there into the environment file. */
  | {
      readonly action: "sync-environment";
      readonly token: HostToken;
      readonly id: string;
      readonly environment: EnvironmentPlan;
    }
  | { readonly action: "run-task"; readonly command: readonly string[] };

/**
 * How a real call ended. `refused`: its credential is dead. `not-allowed`: the organisation or its credit. `limit`: a usage
 * limit. `upstream`: the API or the way to it is in trouble. `unknown`: anything else, which proves nothing.
 */
export const callOutcome = z.enum(["ok", "refused", "not-allowed", "limit", "upstream", "unknown"]);
export type CallOutcome = z.infer<typeof callOutcome>;

/** A call's end; `why` is empty for `ok`, else a clause without secrets. */
export const call = z.strictObject({ outcome: callOutcome, why: text(1000) });
export type Call = z.infer<typeof call>;

/** Lines of one service's log, by what they tell. */
const lineCounts = z.strictObject({
  noise: z.number().int().nonnegative(),
  refused: z.number().int().nonnegative(),
  fallback: z.number().int().nonnegative(),
  subscription: z.number().int().nonnegative(),
});

const serviceEvidence = z.strictObject({
  name: text(200),
  container: text(200),
  running: z.boolean(),
  /** Of the file that the rollout gave it; null when the container is not from a rollout of this token. */
  sha256: sha256.nullable(),
  /** RFC 3339; null when there is no container. */
  startedAt: text(60).nullable(),
  /** Null when the log could not be read. */
  lines: lineCounts.nullable(),
});

const environmentStates = z
  .array(z.strictObject({ variable: text(200), state: z.enum(["same", "different", "missing"]) }))
  .max(10);

/** What a token's host has seen. Null is what the settings do not ask for, or what there is not. */
export const tokenEvidence = z.strictObject({
  file: z.strictObject({
    sha256: sha256.nullable(),
    fingerprint: fingerprint.nullable(),
    kind: z.enum(["setup-token", "login", "invalid"]).nullable(),
    complaints: z.array(text(5000)).max(20),
  }),
  /** A call with the file's own token; null when there is none in it. */
  candidate: call.nullable(),
  /** The file that containers were given last, where it is another, and a call with its token. */
  current: z.strictObject({ sha256, call }).nullable(),
  /** The same of the one before it, where it was asked for. */
  former: z.strictObject({ sha256, call }).nullable(),
  gateway: call.nullable(),
  fallbackKey: z.enum(["present", "absent"]).nullable(),
  /** Whether each variable holds the token of the file. */
  environment: environmentStates.nullable(),
  services: z.array(serviceEvidence).max(1000),
  /** Tasks that a 401 has failed, as the site counts them. */
  failedTasks: z.number().int().nonnegative().nullable(),
  /** What could not be looked at, one sentence each. */
  missing: z.array(text(1000)).max(50),
});
export type TokenEvidence = z.infer<typeof tokenEvidence>;

/** Whose rotation is under way. Times are RFC 3339. */
export const rotationMark = z.strictObject({
  id: text(64),
  by: text(200),
  since: text(40),
  /** When it last showed that it lives. */
  seen: text(40),
});
export type RotationMark = z.infer<typeof rotationMark>;

/** How far a token's host is: seen without any call, so that a rotation can look again at any time. */
export const rotationState = z.strictObject({
  file: z.strictObject({ sha256: sha256.nullable(), fingerprint: fingerprint.nullable() }),
  /** Digests of the files that the gate passed last: the current one and the one before it. */
  passed: z.array(sha256).max(2),
  services: z.array(serviceEvidence.pick({ name: true, running: true, sha256: true })).max(1000),
  environment: environmentStates.nullable(),
  /** Whose rotation is under way; null: nobody's. */
  mark: rotationMark.nullable(),
  missing: z.array(text(1000)).max(50),
});
export type RotationState = z.infer<typeof rotationState>;

/** `held` is false when somebody else has it, and `mark` says who. */
export const lockResult = z.strictObject({ held: z.boolean(), mark: rotationMark });
export type LockResult = z.infer<typeof lockResult>;

/** What `rotation-unlock` did: nothing when the lock is not that rotation's. */
export const unlockResult = z.strictObject({ released: z.boolean() });

/** What `deliver-token` did. */
export const deliverResult = z.strictObject({ sha256, changed: z.boolean() });

/** What `sync-environment` did: the variables that held something else. */
export const environmentResult = z.strictObject({ changed: z.array(text(200)).max(10) });

/** What the site's small task has said of itself. */
export const taskResult = z.strictObject({ cost: z.number().nonnegative(), source: text(200) });
export type TaskResult = z.infer<typeof taskResult>;
