/** Messages about a token file: the token and its gate, its observation, and the results of `gate` and `put-back`. */
import * as z from "zod";
import {
  absolutePath,
  composeName,
  containerName,
  fleetName,
  bootFingerprint,
  date,
  object,
  PROTOCOL,
  protocol,
  sha256,
  text,
  tokenName,
} from "./fields.ts";
import { PROTOCOL_LIMITS } from "./protocol-limits.ts";

/** How a token is proven. */
const gate = object({
  /** `cli`: the real CLI in a scratch folder on the token host; `https`: one plain request from there. */
  probe: z.enum(["cli", "https"]),
  allowRefreshToken: z.boolean(),
  /** Base URL of the API that the probe calls. */
  apiUrl: z.url({ protocol: /^https?$/ }),
  /** Absolute path of the CLI on the token host; undefined: found in its usual places. */
  claude: absolutePath.optional(),
  /** Model that the probe asks. */
  model: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:[\]-]{0,199}$/),
});
export type Gate = z.infer<typeof gate>;

/** A token, as its host needs to know it. */
export const hostToken = object({
  protocol,
  fleet: fleetName,
  name: tokenName,
  /** Absolute path of the candidate. */
  file: absolutePath,
  /** The distinct users who read it inside the containers, in the host's numbers. */
  uids: z.array(z.number().int().nonnegative().max(4_294_967_294)).min(1).max(100).readonly(),
  gate,
});
export type HostToken = z.infer<typeof hostToken>;

/** A service whose container is observed. */
export const observedService = object({
  name: composeName,
  container: containerName,
  /** Absolute path of the token inside the container. */
  target: absolutePath,
  /** The user who reads the token inside the container, in the host's numbers. */
  uid: z.number().int().nonnegative(),
});
export type ObservedService = z.infer<typeof observedService>;

/** The compose project on the token's host to which the containers belong. */
export const hostCompose = object({
  file: absolutePath,
  /** The folder in which compose runs. */
  directory: absolutePath,
  /** A command that recreates the service named by its last argument, run in `directory`; undefined: `docker compose up`. */
  recreate: z.array(text(10_000)).min(1).max(1000).readonly().optional(),
});
export type HostCompose = z.infer<typeof hostCompose>;

/** What a container was created with, as far as the settings decide it. No value of a variable. */
const containerSettings = z.strictObject({
  image: text(1000),
  user: text(200),
  restart: text(40),
  command: z.array(text(10_000)).max(1000),
  entrypoint: z.array(text(10_000)).max(1000),
  /** Names of its environment variables, those of its image included. */
  variables: z.array(text(1000)).max(1000),
  /** Mounts as `source:target:ro` or `source:target:rw`. */
  mounts: z.array(text(9000)).max(1000),
  /** Published ports as `ip:external:internal/protocol`. */
  ports: z.array(text(200)).max(1000),
});

/** State of a token file, its approved copies and its containers. Programs of former versions do not report what may be null. */
export const tokenFileObservation = z.strictObject({
  protocol: z.literal(PROTOCOL),
  /** What could not be observed, or what would make a rollout fail, one sentence each. */
  missing: z.array(text(PROTOCOL_LIMITS.sentence)).max(PROTOCOL_LIMITS.missing),
  /** `file`: a regular file. Every other value says what lies there instead. */
  type: z.enum(["file", "missing", "directory", "symlink", "other", "unreadable"]),
  sha256: sha256.nullable(),
  mode: text(5).nullable(),
  uid: z.number().int().nullable(),
  size: z.number().int().nullable(),
  mtimeMs: date.nullable(),
  /** `setup-token`: without a refresh token; `login`: with one; `invalid`: no credentials file. */
  kind: z.enum(["setup-token", "login", "invalid"]).nullable(),
  /** When the token ends, as the file says; null when the file is no token file. */
  expiresAtMs: date.nullable(),
  /** Why the gate would refuse it before any call, one sentence each. */
  complaints: z.array(text(5000)).max(20),
  /** The approved copies beside it, as `<sha256>.<uid>`. */
  copies: z.array(text(90)).max(1000),
  /** The approved copies that are not as the gate stored them, and why, as a clause. */
  spoiled: z.array(z.strictObject({ copy: text(90), why: text(200) })).max(1000),
  /** How often the gate has passed a file here. */
  generation: z.number().int().nonnegative(),
  mark: bootFingerprint,
  /** Digests of the files that the gate passed last: the current one and the one before it. */
  passed: z.array(sha256).max(2),
  /** The services' containers that exist; null when the engine did not answer. */
  containers: z
    .array(
      z.strictObject({
        name: text(200),
        /** Digest of the file that a rollout gave it; empty when the container is not from a rollout of this token. */
        sha256: text(64),
        /** The token and service of this fleet that its labels name; null without such labels. */
        of: z
          .strictObject({ token: text(200), service: text(200) })
          .nullable()
          .default(null),
        running: z.boolean(),
        /** `running`, `paused`, `exited`, … */
        status: text(40).nullable().default(null),
        /** `starting`, `healthy`, `unhealthy`; null without a health check. */
        health: text(40).nullable().default(null),
        networks: z.array(text(255)).max(100).nullable().default(null),
        networkMode: text(255).nullable().default(null),
        /** The label with the digest of its definition; null without one. */
        definition: text(200).nullable().default(null),
        settings: containerSettings.nullable().default(null),
        /** Path on the host that is mounted at the service's target; null when nothing is mounted there. */
        source: text(4200).nullable(),
        /** Whether that mount is read-only; null when nothing is mounted there. */
        readOnly: z.boolean().nullable(),
      }),
    )
    .max(1000)
    .nullable(),
  /** Containers with this token's labels whose names are not those of the services. */
  others: z
    .array(z.strictObject({ name: text(200), service: text(200), running: z.boolean() }))
    .max(1000)
    .default([]),
  /** Names of the services of the compose file; null without a compose file, or when compose failed (then `missing` says why). */
  composeServices: z.array(text(200)).max(1000).nullable(),
});
export type TokenFileObservation = z.infer<typeof tokenFileObservation>;

/** The result of `gate`, which the state keeps. No secrets. */
export const gateResult = z.strictObject({
  sha256,
  /** How often the gate has passed a file here. */
  generation: z.number().int().positive(),
  kind: z.enum(["setup-token", "login"]),
  /** Absolute paths of the approved copies of this file, one for each distinct uid. */
  copies: z.array(z.strictObject({ uid: z.number().int(), path: text(4200) })).max(1000),
});
