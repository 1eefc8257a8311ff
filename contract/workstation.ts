/** Messages of a workstation: its observation, and the results of an apply and of an unenrolment. */
import * as z from "zod";
import { bootFingerprint, fileObservation, PROTOCOL, sha256, text } from "./fields.ts";
import { PROTOCOL_LIMITS } from "./protocol-limits.ts";

/**
 * State of a user's scoped Vault token, as the host observes it. Values of `health`:
 * - `good`: Vault accepts it; it belongs to this user, has exactly one policy, is an orphan and periodic.
 * - `missing`: there is no token.
 * - `refused`: Vault answers 403 to it.
 * - `wrong`: Vault accepts it, but it belongs to another user or fleet, or has other policies. `detail` says which.
 * - `stale`: it works, but the settings want another one. `detail` says why.
 * - `unknown`: Vault is away, sealed or failing, so that nothing may be concluded.
 */
export const tokenObservation = z.strictObject({
  health: z.enum(["good", "missing", "refused", "wrong", "stale", "unknown"]),
  detail: text(PROTOCOL_LIMITS.detail),
  accessor: text(200).nullable(),
  /** Seconds until it ends unless it is renewed; null when unknown. */
  ttlSeconds: z.number().nullable(),
  /** The file's mode as octal text, such as "0600"; null when there is no file. */
  mode: text(5).nullable(),
});

/** State of one user on a workstation. */
const userObservation = z.strictObject({
  name: text(64),
  /** Whether the OS user exists on the host. */
  exists: z.boolean(),
  home: text(4096).nullable(),
  /** The timer's state in systemd's words, such as `enabled` and `active`; null when there is no timer. */
  timerEnabled: text(40).nullable(),
  timerActive: text(40).nullable(),
  /** The same for the path unit, which reacts to a changed login. */
  pathEnabled: text(40).nullable(),
  pathActive: text(40).nullable(),
  /** The same for the path unit of `claude-auth-sync now`. A host with a former version of the program does not say it. */
  nowEnabled: text(40).nullable().default(null),
  nowActive: text(40).nullable().default(null),
  /** Whether a pause marker of the user exists on the host. */
  paused: z.boolean(),
  /** What `.credentials.json` holds; `unknown` when the user's process did not answer. */
  credential: z.enum(["none", "blank", "corrupt", "unreadable", "usable", "unknown"]),
  /** Whether the user has never logged in here; null when unknown. */
  awaitingLogin: z.boolean().nullable(),
  token: tokenObservation,
  /** Accessors of tokens that the user may have here: from the home and from the ledger. */
  accessors: z.array(text(200)).max(PROTOCOL_LIMITS.accessors),
  /** Path of the user's Claude Code CLI: the configured one, or the one that the user's process found; null when there is none. */
  claude: text(4096).nullable(),
  /** The user's drop-ins: `same` as the request's plan has them, `applied` as the recorded plan has them, or neither. */
  dropIn: z.enum(["same", "applied", "different", "missing", "unknown"]),
});
export type UserObservation = z.infer<typeof userObservation>;

/**
 * A path by which somebody else than root could change what root runs or believes, and why, as a clause. `own`: the fleet
 * keeps it, so an apply repairs it.
 */
const untrustedPath = z.strictObject({
  path: text(4096),
  why: text(PROTOCOL_LIMITS.sentence),
  own: z.boolean(),
});
export type UntrustedPath = z.infer<typeof untrustedPath>;

/** The untrusted paths of a workstation. Programs of former versions do not report them. */
export const untrustedPaths = z.array(untrustedPath).max(PROTOCOL_LIMITS.untrusted).default([]);

/** State of a workstation and its users. */
export const workstationObservation = z.strictObject({
  protocol: z.literal(PROTOCOL),
  /** systemd's machine id. */
  machineId: text(64),
  /** What the host lacks for this stack, one sentence each. */
  missing: z.array(text(PROTOCOL_LIMITS.sentence)).max(PROTOCOL_LIMITS.missing),
  /**
   * The address that this host's requests to Vault leave from. Vault may see another one, such as a proxy's. Null where
   * tokens are not bound to networks, and when Vault cannot be reached.
   */
  vaultSource: text(64).nullable().default(null),
  /** What another fleet, or a foreign file, has of the plan already, one sentence each. */
  conflicts: z.array(text(PROTOCOL_LIMITS.sentence)).max(PROTOCOL_LIMITS.conflicts),
  /** The installed program; null when none is installed, or a part of it is missing or altered. */
  program: z.strictObject({ version: text(100), sha256 }).nullable(),
  /** Which Node runs the host program: the host's own, or the Node that came with the program. */
  node: z.enum(["host", "own"]).optional(),
  /** The workstation's name in the recorded plan; null when there is no such plan, or a damaged one. */
  recordedAs: text(200).nullable().default(null),
  /** Digest of the recorded plan (plan/digests.ts); null when there is none, or a damaged one. */
  plan: sha256.nullable(),
  /** The apply counter: how often this fleet applied on this host. */
  generation: z.number().int().nonnegative(),
  mark: bootFingerprint,
  /** State of each file of the request's plan. `applied`: its content is that of the recorded plan. */
  files: z.array(fileObservation.extend({ applied: z.boolean() })).max(5000),
  /** Files that a former plan or a former version had and the request's plan has not. */
  former: z.array(text(4096)).max(5000).default([]),
  /** State of the plan's timers and path units that run for the host and not for one user, in systemd's words. */
  units: z
    .array(z.strictObject({ name: text(200), enabled: text(40).nullable(), active: text(40).nullable() }))
    .max(100),
  untrusted: untrustedPaths,
  /** Names of the users in the ledger, sorted. */
  enrolled: z.array(text(64)).max(10_000),
  /** Names of users with unowned units: no fleet on this host has them. The key keeps its name. */
  strays: z.array(text(64)).max(10_000),
  /** The users of the request's plan and those in the ledger, sorted by name. */
  users: z.array(userObservation).max(10_000),
});
export type WorkstationObservation = z.infer<typeof workstationObservation>;

/** The result of `apply`, which the state keeps. No secrets. */
export const applyResult = z.strictObject({
  generation: z.number().int().positive(),
  machineId: text(64),
  users: z
    .array(
      z.strictObject({
        name: text(64),
        accessor: text(200).nullable(),
        /** What became of the user's token. */
        token: z.enum(["kept", "enrolled", "re-enrolled", "not-renewed", "failed"]),
        awaitingLogin: z.boolean(),
      }),
    )
    .max(10_000),
});
export type ApplyResult = z.infer<typeof applyResult>;

/** The result of `retire` and `remove`. `accessors` are those that the host asked to revoke. No secrets. */
export const unenrolResult = z.strictObject({
  machineId: text(64),
  retired: z
    .array(z.strictObject({ name: text(64), accessors: z.array(text(200)).max(PROTOCOL_LIMITS.accessors) }))
    .max(10_000),
});
export type UnenrolResult = z.infer<typeof unenrolResult>;
