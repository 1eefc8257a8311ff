/** Messages of `diagnose` and `rotate` to a token's host. */
import * as z from "zod";
import { CALL_OUTCOMES } from "../claude/answer-patterns.ts";
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
import { PROTOCOL_LIMITS } from "./protocol-limits.ts";
import { hostToken, observedService } from "./token-file.ts";

/** A variable of an environment file on the token's host. */
const variable = object({ file: absolutePath, variable: variableName });
export type Variable = z.infer<typeof variable>;

/** An environment file on the token's host from which services take the bare token. */
export const environmentFile = object({
  file: absolutePath,
  /** All of them hold the same token. */
  variables: z.array(variableName).min(1).max(10).readonly(),
});
export type EnvironmentFile = z.infer<typeof environmentFile>;

/** A gateway that a real request goes through, from the token's host. */
const gateway = object({
  /** Base URL of the Messages API. */
  url: z.url({ protocol: /^https?$/ }),
  model: text(200),
  /** The variable that holds the gateway's own key. */
  key: variable,
});

/** Texts that a line of a service's log may contain. They are not patterns. */
const markers = list(z.string().min(3).max(200), 20);

/** Which lines of the services' logs are counted. */
const logs = object({
  /** Length of the window before now, in seconds. Counting never begins before the container's start. */
  windowSeconds: secondsOfDay.positive(),
  /** A failed refresh. A token without a refresh token always causes such lines. */
  noise: markers,
  /** A call whose credential the API refused. */
  refused: markers,
  /** A call with the fallback key. */
  fallback: markers,
  /** A call with the subscription. */
  subscription: markers,
});
export type Logs = z.infer<typeof logs>;

/** What a diagnosis observes. */
export const tokenQuestion = object({
  token: hostToken,
  services: list(observedService, 100),
  gateway: gateway.optional(),
  fallbackKey: variable.optional(),
  environment: environmentFile.optional(),
  logs,
  /** A command on the token's host that prints how many tasks failed with a 401. */
  failedTasks: command.optional(),
  /** Whether a call is made with the token before the current one, too. */
  former: z.boolean(),
});
export type TokenQuestion = z.infer<typeof tokenQuestion>;

/** Names one rotation. The name outlives the process that began the rotation. */
export const rotationId = z.string().regex(/^[0-9a-z-]{8,64}$/);

/** The end of a call. `why` is a clause without secrets; empty for `ok`. */
const call = z.strictObject({ outcome: z.enum(CALL_OUTCOMES), why: text(1000) });
export type Call = z.infer<typeof call>;

const count = z.number().int().nonnegative();

/** Counts of lines in one service's log, by the texts that they contain. */
const lineCounts = z.strictObject({ noise: count, refused: count, fallback: count, subscription: count });

const serviceEvidence = z.strictObject({
  name: text(200),
  container: text(200),
  running: z.boolean(),
  /** Why the container does not serve, as a clause; null when it does, or when there is none. */
  trouble: text(500).nullable().default(null),
  /** Digest of the file that a rollout gave the container; null when it is not from a rollout of this token. */
  sha256: sha256.nullable(),
  /** The container's last start, in RFC 3339; null when there is no container. */
  startedAt: text(60).nullable(),
  /** Null when the log could not be read. */
  lines: lineCounts.nullable(),
});

const environmentStates = z
  .array(z.strictObject({ variable: text(200), state: z.enum(["same", "different", "missing"]) }))
  .max(10);

/** The result of `diagnose-token`. A value is null when the settings do not ask for it, or when it does not exist. */
export const tokenEvidence = z.strictObject({
  file: z.strictObject({
    sha256: sha256.nullable(),
    fingerprint: fingerprint.nullable(),
    kind: z.enum(["setup-token", "login", "invalid"]).nullable(),
    complaints: z.array(text(5000)).max(20),
  }),
  /** A call with the token of the file; null when the file holds none. */
  candidate: call.nullable(),
  /** The file that a rollout gave to containers, when it is another one than the candidate, and a call with its token. */
  current: z.strictObject({ sha256, call }).nullable(),
  /** The same for the file before it, when the question asks for it. */
  former: z.strictObject({ sha256, call }).nullable(),
  gateway: call.nullable(),
  fallbackKey: z.enum(["present", "absent"]).nullable(),
  /** Whether each variable holds the token of the file. */
  environment: environmentStates.nullable(),
  services: z.array(serviceEvidence).max(1000),
  /** Tasks that failed with a 401, as the site counts them. */
  failedTasks: z.number().int().nonnegative().nullable(),
  /** What could not be observed, one sentence each. */
  missing: z.array(text(PROTOCOL_LIMITS.evidence)).max(PROTOCOL_LIMITS.missing),
});
export type TokenEvidence = z.infer<typeof tokenEvidence>;

/** The rotation lock: who holds it. Times are in RFC 3339. */
export const rotationLock = z.strictObject({
  id: text(64),
  by: text(200),
  since: text(40),
  /** When the rotation last showed that it lives. */
  seen: text(40),
});

/** The result of `rotation-state`: how far a rotation is. It takes no call, so that a rotation can ask at any time. */
export const rotationState = z.strictObject({
  file: z.strictObject({ sha256: sha256.nullable(), fingerprint: fingerprint.nullable() }),
  /** Digests of the files that the gate passed last: the current one and the one before it. */
  passed: z.array(sha256).max(2),
  services: z.array(serviceEvidence.pick({ name: true, running: true, sha256: true })).max(1000),
  environment: environmentStates.nullable(),
  /** The rotation lock; null when no rotation holds it. The key keeps its name. */
  mark: rotationLock.nullable(),
  missing: z.array(text(PROTOCOL_LIMITS.evidence)).max(PROTOCOL_LIMITS.missing),
});
export type RotationState = z.infer<typeof rotationState>;

/** The result of `run-task`: what the site's small task printed about itself. */
export const taskResult = z.strictObject({ cost: z.number().nonnegative(), source: text(200) });
