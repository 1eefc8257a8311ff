/** What a workstation reports about itself and its users, and what an apply or an unenrolment did there. */
import * as z from "zod";
import { fileObservation, bootFingerprint, PROTOCOL, sha256, text } from "./fields.ts";

/**
 * State of a user's scoped Vault token as the host sees it. `health`: `good` (accepted, this user's, exactly
 * the one policy, orphan and periodic), `missing` (no file), `refused` (Vault answers 403 to it), `wrong`
 * (accepted, but another user's, fleet's or with other policies; `detail` says which), `stale` (works, but the
 * settings want another: `detail` says why), `unknown` (Vault away, sealed or failing: nothing may be concluded).
 */
export const tokenObservation = z.strictObject({
  health: z.enum(["good", "missing", "refused", "wrong", "stale", "unknown"]),
  detail: text(500),
  accessor: text(200).nullable(),
  /** Seconds left, null when unknown. */
  ttlSeconds: z.number().nullable(),
  /** Octal text such as "0600", null when there is no file. */
  mode: text(5).nullable(),
});

export const userObservation = z.strictObject({
  name: text(64),
  /** False: no such OS user on the host. */
  exists: z.boolean(),
  home: text(4096).nullable(),
  /** systemd's word for the timer: enabled, disabled, …; null when there is none. */
  timerEnabled: text(40).nullable(),
  timerActive: text(40).nullable(),
  /** The same of the path unit, which sees a changed login. */
  pathEnabled: text(40).nullable(),
  pathActive: text(40).nullable(),
  /** Paused by an operator on the host; see docs/operations.md. */
  paused: z.boolean(),
  /** Whether `.credentials.json` holds a usable login: none, blank, corrupt, unreadable or usable. */
  credential: z.enum(["none", "blank", "corrupt", "unreadable", "usable", "unknown"]),
  /** Whether the user has never logged in here; null when that could not be found out. */
  awaitingLogin: z.boolean().nullable(),
  token: tokenObservation,
  /** Accessors of tokens that may be this user's here: in the home, and in root's own record. */
  accessors: z.array(text(200)).max(3),
  /** The user's Claude Code CLI: the configured path, or the one found as that user; null when there is none. */
  claude: text(4096).nullable(),
  /**
   * The user's drop-ins of the units: as they should be, as the plan on record has them, different, missing, or not to be
   * judged.
   */
  dropIn: z.enum(["same", "applied", "different", "missing", "unknown"]),
});
export type UserObservation = z.infer<typeof userObservation>;

export const workstationObservation = z.strictObject({
  protocol: z.literal(PROTOCOL),
  /** systemd's machine id. */
  machineId: text(64),
  /** What the host lacks for this stack, one sentence each; empty when nothing. */
  missing: z.array(text(500)).max(50),
  /**
   * Address that this host's requests to Vault have when they leave it; null when nobody wants to know, or Vault cannot be
   * reached. What Vault sees may be another one: a proxy's, or a router's.
   */
  vaultSource: text(64).nullable().default(null),
  /** What another fleet here, or somebody by hand, has of the plan already, one sentence each. */
  conflicts: z.array(text(500)).max(1000),
  /** Version of the installed program, null when none, or a part of it is missing or altered. */
  program: z.strictObject({ version: text(100), sha256 }).nullable(),
  /** The Node that was found there: the host's, or for want of one that which comes with the program. */
  node: z.enum(["host", "own"]).optional(),
  /** The workstation's name in the recorded plan; null when there is none, or it cannot be read. */
  recordedAs: text(200).nullable().default(null),
  /** Digest of the recorded plan (plan/digests.ts); null when there is none, or it cannot be read. */
  plan: sha256.nullable(),
  /** Number of applies of this fleet on this host, 0 when never. */
  generation: z.number().int().nonnegative(),
  mark: bootFingerprint,
  /** Digest and mode of each file asked for; null where it is missing. */
  /** `applied`: it has the content that the plan on record gives it, whatever the plan of the request says. */
  files: z.array(fileObservation.extend({ applied: z.boolean() })).max(5000),
  /** The plan's own timers, which run for the host and not for one user, in systemd's words. */
  units: z
    .array(z.strictObject({ name: text(200), enabled: text(40).nullable(), active: text(40).nullable() }))
    .max(100),
  /** Users that the last apply enrolled here. */
  enrolled: z.array(text(64)).max(10_000),
  /** Users with a timer or path unit here whom no fleet on this host knows. */
  strays: z.array(text(64)).max(10_000),
  /** Those asked for and those enrolled, sorted by name. */
  users: z.array(userObservation).max(10_000),
});
export type WorkstationObservation = z.infer<typeof workstationObservation>;

/** What `apply` leaves in the state: no secrets. */
export const applyResult = z.strictObject({
  generation: z.number().int().positive(),
  machineId: text(64),
  users: z.array(
    z.strictObject({
      name: text(64),
      accessor: text(200).nullable(),
      /** What was done: kept, enrolled, re-enrolled, not-renewed, failed. */
      token: z.enum(["kept", "enrolled", "re-enrolled", "not-renewed", "failed"]),
      awaitingLogin: z.boolean(),
    }),
  ),
});
export type ApplyResult = z.infer<typeof applyResult>;

/** What `retire` and `remove` did: no secrets. `accessors` are those that were handed to `revoke`. */
export const unenrolResult = z.strictObject({
  machineId: text(64),
  retired: z.array(z.strictObject({ name: text(64), accessors: z.array(text(200)).max(10) })).max(10_000),
});
export type UnenrolResult = z.infer<typeof unenrolResult>;
