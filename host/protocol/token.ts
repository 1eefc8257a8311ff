/** What is said about a token file, the containers that follow it, and a rollout's steps. */
import { z } from "zod";
import { PROTOCOL, text, sha256, mark } from "./shared.ts";

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
  mark,
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

/** A token file, as its host needs to know it. `uids` are the distinct users of its containers. */
export interface HostToken {
  readonly protocol: number;
  readonly fleet: string;
  readonly name: string;
  readonly file: string;
  readonly uids: readonly number[];
  readonly gate: {
    readonly probe: "cli" | "https";
    readonly allowRefreshToken: boolean;
    readonly apiUrl: string;
    readonly claude: string | undefined;
    readonly model: string;
  };
}

/** A service whose container is to be looked at. */
export interface ObservedService {
  readonly name: string;
  readonly container: string;
  readonly target: string;
  /** Numeric user who reads the token in it. */
  readonly uid: number;
}

/** A compose file on the token's host; see `ComposePlan`. */
export interface HostCompose {
  readonly file: string;
  readonly directory: string;
  readonly recreate: readonly string[] | undefined;
}

/** What makes one service of a compose file follow the token. */
export interface Recreation {
  readonly protocol: number;
  readonly fleet: string;
  readonly token: string;
  /** The candidate's path. */
  readonly file: string;
  readonly service: string;
  readonly compose: HostCompose;
  /** Between asking the container to stop and ending it. */
  readonly gracePeriodSeconds: number;
  readonly check: ContainerCheck;
}

/** A container that is about to be made: what still bears its name may go when it has these labels of the fleet. */
export interface ContainerOwner {
  readonly protocol: number;
  readonly container: string;
  readonly fleet: string;
  readonly token: string;
  readonly service: string;
  /** Between asking it to stop and ending it. */
  readonly gracePeriodSeconds: number;
}

/** The check inside one container: the token read there is this one, read-only, and the service is healthy. */
export interface ContainerCheck {
  readonly protocol: number;
  readonly container: string;
  /** The gate's copy on the host, which must be what is mounted at `target`. */
  readonly source: string;
  readonly target: string;
  readonly sha256: string;
  readonly healthTimeoutSeconds: number;
}

/** What is to be done about processes that a rollout has left behind with a former token in their environment. */
export interface StaleQuestion {
  readonly token: HostToken;
  /** Of the current file. */
  readonly sha256: string;
  /** Names of the token's own containers. */
  readonly containers: readonly string[];
  readonly then: "list" | "wait" | "stop";
  readonly waitSeconds: number;
  /** Between asking a process to stop and ending it. */
  readonly gracePeriodSeconds: number;
}

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

/** What `clear-container` did. */
export const clearResult = z.strictObject({ container: text(200), removed: z.boolean() });
export type ClearResult = z.infer<typeof clearResult>;

/** What `verify-container` proved. */
export const verifyResult = z.strictObject({
  container: text(200),
  sha256,
  /** `healthy` when the container has a health check, else `running`. */
  state: z.enum(["healthy", "running"]),
});
export type VerifyResult = z.infer<typeof verifyResult>;

/** Processes that `stale-processes` found: those that outlived the rollout, and those in the token's own containers. */
export const staleResult = z.strictObject({
  stale: z.array(z.number().int()).max(100_000),
  inside: z.array(z.number().int()).max(100_000),
});
export type StaleResult = z.infer<typeof staleResult>;
