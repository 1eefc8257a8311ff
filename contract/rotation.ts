/** What `diagnose` and `rotate` ask of a token's host, and what it answers. */
import * as z from "zod";
import { CALL_OUTCOMES } from "../claude/answers.ts";
import {
  absolutePath,
  command,
  fingerprint,
  list,
  object,
  secondsOfDay,
  sha256,
  text,
  variableName,
} from "./fields.ts";
import { hostToken, observedService } from "./token-file.ts";

/** A variable of an environment file on the token's host. */
const variable = object({ file: absolutePath, variable: variableName });
export type Variable = z.infer<typeof variable>;

/** An environment file on the token's host in which services look for the bare token. */
export const environmentFile = object({
  file: absolutePath,
  /** All of them hold the same token. */
  variables: z.array(variableName).min(1).max(10).readonly(),
});
export type EnvironmentFile = z.infer<typeof environmentFile>;

/** Where a real request goes through, from the token's host. */
const gateway = object({
  /** Base URL; the Messages API is below it. */
  url: z.url({ protocol: /^https?$/ }),
  model: text(200),
  /** Where the gateway's own key stands. */
  key: variable,
});
export type Gateway = z.infer<typeof gateway>;

/** Texts that a line of a service's log may hold, as they are: no patterns. */
const markers = list(z.string().min(3).max(200), 20);

/** Which lines of the services' logs are counted. */
const logs = object({
  /** Seconds before now that are looked at, but never anything before the container's own start. */
  windowSeconds: secondsOfDay.positive(),
  /** A refresh that fails, as one of a token without a refresh token always does. */
  noise: markers,
  /** A call that the API has refused for its credential. */
  refused: markers,
  /** A call that was paid for by the fallback key. */
  fallback: markers,
  /** A call that the subscription has carried. */
  subscription: markers,
});
export type Logs = z.infer<typeof logs>;

/** What is to be looked at beside the token itself. */
export const tokenQuestion = object({
  token: hostToken,
  services: list(observedService, 100),
  gateway: gateway.optional(),
  fallbackKey: variable.optional(),
  environment: environmentFile.optional(),
  logs,
  /** Words of a command on the token's host which prints how many tasks a 401 has failed lately. */
  failedTasks: command.optional(),
  /** Whether the token before the current one is asked, too. */
  former: z.boolean(),
});
export type TokenQuestion = z.infer<typeof tokenQuestion>;

/** Names one rotation; outlives the process that began it. */
export const rotationId = z.string().regex(/^[0-9a-z-]{8,64}$/);

/** Who rotates. */
export const rotationOwner = object({
  id: rotationId,
  /** `user@machine`. */
  by: z.string().min(1).max(200),
});
export type RotationOwner = z.infer<typeof rotationOwner>;

export const callOutcome = z.enum(CALL_OUTCOMES);

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
export const rotationLock = z.strictObject({
  id: text(64),
  by: text(200),
  since: text(40),
  /** When it last showed that it lives. */
  seen: text(40),
});
export type RotationLock = z.infer<typeof rotationLock>;

/** How far a token's host is: seen without any call, so that a rotation can look again at any time. */
export const rotationState = z.strictObject({
  file: z.strictObject({ sha256: sha256.nullable(), fingerprint: fingerprint.nullable() }),
  /** Digests of the files that the gate passed last: the current one and the one before it. */
  passed: z.array(sha256).max(2),
  services: z.array(serviceEvidence.pick({ name: true, running: true, sha256: true })).max(1000),
  environment: environmentStates.nullable(),
  /** Whose rotation is under way; null: nobody's. */
  mark: rotationLock.nullable(),
  missing: z.array(text(1000)).max(50),
});
export type RotationState = z.infer<typeof rotationState>;

/** `held` is false when somebody else has it, and `mark` says who. */
export const lockResult = z.strictObject({ held: z.boolean(), mark: rotationLock });
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
