/**
 * What the operator's machine and the host program say to each other: one JSON request on the program's
 * standard input, then JSON lines ("events") on its standard output, the last of which is the result.
 * The host's answers are its claims: `parse…` checks shape and size before anything believes them.
 */
import { z } from "zod";
import { agentStatus } from "../agent/status.ts";
import { UNREADABLE } from "../plan/metrics/figures.ts";
import type { WaitsPlan } from "../plan/model.ts";
import type { RotationRequest } from "./rotation-protocol.ts";

/** Raised when either side's messages change in a way that the other cannot read. */
export const PROTOCOL = 1;

/** A file that the fleet owns on a workstation. `mode` is octal text, such as `"0644"`. */
export interface HostFile {
  readonly path: string;
  readonly mode: string;
  readonly content: string;
}

/** One user, as the host needs to know them. */
export interface HostUser {
  readonly name: string;
  readonly email: string;
  readonly organization: string | undefined;
  readonly renewal: boolean;
  /** The account's former name, by which Vault knows the user. */
  readonly formerly: string | undefined;
  readonly claude: string | undefined;
  readonly policy: string;
  readonly dataPath: string;
  readonly metadataPath: string;
}

/**
 * Everything that `apply` makes true on a workstation; no secrets. It is the standard input of the
 * Pulumi command, and is kept on the host as `/etc/claude-fleet/<fleet>/plan.json`.
 */
export interface HostPlan {
  readonly protocol: number;
  readonly fleet: string;
  readonly host: string;
  readonly program: { readonly version: string; readonly sha256: string };
  readonly vault: {
    readonly address: string;
    readonly namespace: string;
    readonly caPem: string | undefined;
    readonly role: string;
    readonly tokenPeriodSeconds: number;
    /** Networks to which users' tokens are bound, sorted, as Vault writes them; empty: to none. */
    readonly tokenBoundCidrs: readonly string[];
    /** Age in seconds at which a token is replaced; undefined: never. */
    readonly rotateTokensAfterSeconds: number | undefined;
  };
  readonly renewal: {
    readonly everySeconds: number;
    readonly minClaudeVersion: string;
    readonly claudeWaitSeconds: number;
    readonly adopt: boolean;
    readonly waits: WaitsPlan;
  };
  readonly files: readonly HostFile[];
  readonly users: readonly HostUser[];
}

const text = (max: number) => z.string().max(max);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

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
  /** The user's drop-ins of the units: as they should be, different, missing, or not to be judged. */
  dropIn: z.enum(["same", "different", "missing", "unknown"]),
});
export type UserObservation = z.infer<typeof userObservation>;

/** A file that was asked for; null where no regular file lies. */
const fileObservation = z.strictObject({
  path: text(4096),
  sha256: sha256.nullable(),
  mode: text(5).nullable(),
  /** Whether something lies there that no claude-fleet has written. */
  foreign: z.boolean(),
});

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
  /** Digest of the recorded plan (plan/digests.ts); null when there is none, or it cannot be read. */
  plan: sha256.nullable(),
  /** Number of applies of this fleet on this host, 0 when never. */
  generation: z.number().int().nonnegative(),
  /** Digest and mode of each file asked for; null where it is missing. */
  files: z.array(fileObservation).max(5000),
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
  /** Digests of the files that the gate passed last: the current one and the one before it. */
  passed: z.array(sha256).max(2),
  /** The services' containers, as far as there are any; null when the engine did not answer. */
  containers: z
    .array(
      z.strictObject({
        name: text(200),
        /** Of the file that the rollout gave it; empty when the container is not from a rollout of this token. */
        sha256: text(64),
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

/** Files for Prometheus, Loki and Grafana, all in one folder. */
export interface RulesPlan {
  readonly protocol: number;
  readonly directory: string;
  readonly files: readonly HostFile[];
}

/** A user of a fleet whose plan has been applied on the host. */
export interface UserTarget {
  readonly protocol: number;
  readonly fleet: string;
  readonly user: string;
}

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

/** What answers `need-token`. */
export const tokenAnswer = z.union([
  z.strictObject({ user: text(64), wrappedToken: text(4096).min(1), wrappedAccessor: text(200).min(1) }),
  z.strictObject({ user: text(64), error: text(2000) }),
]);
export type TokenAnswer = z.infer<typeof tokenAnswer>;

/** What `retire` and `remove` did: no secrets. `accessors` are those that were handed to `revoke`. */
export const retireResult = z.strictObject({
  machineId: text(64),
  retired: z.array(z.strictObject({ name: text(64), accessors: z.array(text(200)).max(10) })).max(10_000),
});
export type RetireResult = z.infer<typeof retireResult>;

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

/** How one run of a user's agent ended. `lines` are the agent's own words, so they are that user's claims. */
export const agentRun = z.strictObject({
  user: text(64),
  workstation: text(200),
  /** Exit code of the agent: see agent/classes.ts. */
  exitCode: z.number().int().min(0).max(255),
  /** systemd's word: `success`, `exit-code`, … */
  result: text(40),
  /** Class that the agent's last line names; null when it says none. */
  class: text(40).nullable(),
  /** Paused: no timer starts the next run. */
  paused: z.boolean(),
  lines: z.array(text(2000)).max(50),
});
export type AgentRun = z.infer<typeof agentRun>;

/** What `await-login` has waited for: the run that proved the login. */
export const loginResult = z.strictObject({ user: text(64), workstation: text(200), run: agentRun });
export type LoginResult = z.infer<typeof loginResult>;

/** Who has paused a user, when (RFC 3339) and why. */
export const pauseMark = z.strictObject({ by: text(200), at: text(40), reason: text(500) });
export type Pause = z.infer<typeof pauseMark>;

/** What `pause` and `resume` leave. */
export const pauseResult = z.strictObject({
  user: text(64),
  workstation: text(200),
  /** False: it was so already. */
  changed: z.boolean(),
  paused: pauseMark.nullable(),
});
export type PauseResult = z.infer<typeof pauseResult>;

/** How the rules are on the host of Prometheus. */
export const rulesObservation = z.strictObject({
  protocol: z.literal(PROTOCOL),
  /** How often they were placed; 0: never. */
  generation: z.number().int().nonnegative(),
  files: z.array(fileObservation).max(20),
});
export type RulesObservation = z.infer<typeof rulesObservation>;

/** What `place-rules` and `remove-rules` did. */
export const rulesResult = z.strictObject({
  generation: z.number().int().nonnegative(),
  changed: z.array(text(4096)).max(30),
});
export type RulesResult = z.infer<typeof rulesResult>;

/** Milliseconds since the epoch. */
const moment = z.number().int().nonnegative();

/** What root knows about the users of a fleet on its host. Names are root's; each status is that user's own word. */
export const workstationStatus = z.strictObject({
  protocol: z.literal(PROTOCOL),
  workstation: text(200),
  /** By the host's clock, as every other time here. */
  now: moment,
  /** When the figures were rendered last; null: never. */
  collectedAt: moment.nullable(),
  users: z
    .array(
      z.strictObject({
        user: text(64),
        renewed: z.boolean(),
        enrolled: z.boolean(),
        paused: z.boolean(),
        /** When the timer starts the next run; null when it does not run. */
        nextRunAt: moment.nullable(),
        /** What the agent said last, or why root does not read it. */
        status: z.union([agentStatus, z.enum(UNREADABLE)]),
      }),
    )
    .max(10_000),
});
export type WorkstationStatus = z.infer<typeof workstationStatus>;
