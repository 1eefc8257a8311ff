/** What is said about a token file: the file itself, what its host reports, and what the gate leaves. */
import * as z from "zod";
import {
  absolutePath,
  composeName,
  containerName,
  fleetName,
  bootFingerprint,
  object,
  PROTOCOL,
  protocol,
  sha256,
  text,
  tokenName,
} from "./fields.ts";

/** How a token is proven. */
export const gate = object({
  /** `cli`: the real CLI in a scratch folder on the token host; `https`: one plain request from there. */
  probe: z.enum(["cli", "https"]),
  allowRefreshToken: z.boolean(),
  /** Base URL of the API that the probe calls. */
  apiUrl: z.url({ protocol: /^https?$/ }),
  /** Absolute path of the CLI on the token host; undefined: found on its PATH. */
  claude: absolutePath.optional(),
  /** Model that the probe asks. */
  model: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:[\]-]{0,199}$/),
});
export type Gate = z.infer<typeof gate>;

/** A token file, as its host needs to know it. */
export const hostToken = object({
  protocol,
  fleet: fleetName,
  name: tokenName,
  /** Absolute path of the candidate. */
  file: absolutePath,
  /** The distinct users of its containers. */
  uids: z.array(z.number().int().nonnegative().max(4_294_967_294)).min(1).max(100).readonly(),
  gate,
});
export type HostToken = z.infer<typeof hostToken>;

/** A service whose container is to be looked at. */
export const observedService = object({
  name: composeName,
  container: containerName,
  /** Absolute path of the token inside the container. */
  target: absolutePath,
  /** Numeric user who reads the token inside the container. */
  uid: z.number().int().nonnegative(),
});
export type ObservedService = z.infer<typeof observedService>;

/** A compose file on the token's host, to which the containers belong. */
export const hostCompose = object({
  file: absolutePath,
  /** The folder in which compose is run there. */
  directory: absolutePath,
  /**
   * Words of a command that recreates the service named by its last argument, run in `directory`; undefined:
   * `docker compose up` itself.
   */
  recreate: z.array(text(10_000)).min(1).max(1000).readonly().optional(),
});
export type HostCompose = z.infer<typeof hostCompose>;

/** State of a token file and what follows it on its host. */
export const tokenFileObservation = z.strictObject({
  protocol: z.literal(PROTOCOL),
  missing: z.array(text(500)).max(50),
  /** `file`: a regular file; everything else is what lies there instead. */
  type: z.enum(["file", "missing", "directory", "symlink", "other", "unreadable"]),
  sha256: sha256.nullable(),
  mode: text(5).nullable(),
  uid: z.number().int().nullable(),
  size: z.number().int().nullable(),
  /** Milliseconds since the epoch. */
  mtimeMs: z.number().nullable(),
  /** `setup-token`: no refresh token; `login`: has one; `invalid`: not a credentials file. */
  kind: z.enum(["setup-token", "login", "invalid"]).nullable(),
  /** When the token ends, as its file says, in milliseconds since the epoch; null when it is no token file. */
  expiresAtMs: z.number().nullable(),
  /** What speaks against it as a candidate, one sentence each; empty when nothing does. */
  complaints: z.array(text(5000)).max(20),
  /** Immutable copies beside it, as `<sha256>.<uid>`. */
  copies: z.array(text(90)).max(1000),
  /** Those of them that are not as the gate left them, and why, as a clause. */
  spoiled: z.array(z.strictObject({ copy: text(90), why: text(200) })).max(1000),
  /** How often the gate has passed a file here. */
  generation: z.number().int().nonnegative(),
  mark: bootFingerprint,
  /** Digests of the files that the gate passed last: the current one and the one before it. */
  passed: z.array(sha256).max(2),
  /** The services' containers, as far as there are any; null when the engine did not answer. */
  containers: z
    .array(
      z.strictObject({
        name: text(200),
        /** Of the file that the rollout gave it; empty when the container is not from a rollout of this token. */
        sha256: text(64),
        /** Whose it is by its labels, when it is of this fleet. */
        of: z
          .strictObject({ token: text(200), service: text(200) })
          .nullable()
          .default(null),
        running: z.boolean(),
        /** What is mounted at the service's target, on the host; null when nothing is. */
        source: text(4200).nullable(),
        /** Whether that mount cannot be written from inside; null when nothing is mounted. */
        readOnly: z.boolean().nullable(),
      }),
    )
    .max(1000)
    .nullable(),
  /** Services of the compose file; null without one, or when compose did not say (then `missing` does). */
  composeServices: z.array(text(200)).max(1000).nullable(),
});
export type TokenFileObservation = z.infer<typeof tokenFileObservation>;

/** What `gate` leaves in the state. */
export const gateResult = z.strictObject({
  sha256,
  /** How often the gate has passed a file here. */
  generation: z.number().int().positive(),
  kind: z.enum(["setup-token", "login"]),
  /** Absolute paths of the copies of this file, one per distinct uid. */
  copies: z.array(z.strictObject({ uid: z.number().int(), path: text(4200) })).max(1000),
});
export type GateResult = z.infer<typeof gateResult>;

/** What `put-back` did: digests of the former candidate (null when it was no file) and of the one that is there now. */
export const putBackResult = z.strictObject({ file: text(4096), from: sha256.nullable(), to: sha256 });
export type PutBackResult = z.infer<typeof putBackResult>;
