/** The plan of one workstation, as the host receives and records it. */
import * as z from "zod";
import {
  absolutePath,
  fleetName,
  hostFile,
  list,
  object,
  protocol,
  seconds,
  sha256,
  text,
  userName,
} from "./fields.ts";

/** One user, as the host needs to know the user. */
const hostUser = object({
  /** The OS user. */
  name: userName,
  email: text(320),
  /** UUID of the organization that the login must belong to; undefined for any. */
  organization: text(100).optional(),
  renewal: z.boolean(),
  /** The account's first name, by which Vault and the state know the user; undefined when it was never renamed. */
  formerly: userName.optional(),
  /** Absolute path of the user's Claude Code CLI on the host; undefined when the user's process finds it. */
  claude: absolutePath.optional(),
  /** `claude-<fleet>-<user>`. Policy and paths use the name by which Vault knows the user. */
  policy: text(200).min(1),
  /** `<mount>/data/<prefix>/<user>`. */
  dataPath: text(1000).min(1),
  /** `<mount>/metadata/<prefix>/<user>`. */
  metadataPath: text(1000).min(1),
});
export type HostUser = z.infer<typeof hostUser>;

/** How long a run of the agent waits before it reads something again, and how long a state may last before it is a failure. */
const waits = object({
  /** Before a missing or corrupt login is read again. */
  rereadSeconds: seconds,
  /** Before an emptied login is read again. Another CLI may still write its refreshed login. */
  blankRereadSeconds: seconds,
  /** Before a login that was just refused is read again. */
  deadRereadSeconds: seconds,
  /** Before a CLI that met the lock of another CLI is run again. */
  lockRetrySeconds: seconds,
  /** How long a lock of Claude Code must be untouched before the agent takes it over. */
  lockStealSeconds: seconds,
  /** How long an accepted access token may be past its end before that is a failure. */
  refreshFailingSeconds: seconds,
  /** How long a failing refresh of a refused token, or a lock, may last before that is a failure. */
  transientSeconds: seconds,
  /** How long a usage limit may hide the state of the login before the login counts as unproven. */
  unprovenSeconds: seconds,
  /** Between attempts to store a pending backup. */
  backupRetrySeconds: seconds,
});
export type Waits = z.infer<typeof waits>;

/** The default waits. They also apply to a recorded plan that is older than these settings. */
export const DEFAULT_WAITS: Waits = {
  rereadSeconds: 2,
  blankRereadSeconds: 60,
  deadRereadSeconds: 5,
  lockRetrySeconds: 75,
  lockStealSeconds: 60,
  refreshFailingSeconds: 12 * 3600,
  transientSeconds: 24 * 3600,
  unprovenSeconds: 24 * 3600,
  backupRetrySeconds: 5 * 60,
};

/**
 * What an apply makes true on a workstation. No secrets. It is part of the standard input of the Pulumi command, and the
 * host keeps it as `/etc/claude-fleet/<fleet>/plan.json`. A field that an earlier version did not write has a default.
 */
export const hostPlan = object({
  protocol,
  fleet: fleetName,
  /** The workstation's name in the roster. */
  host: text(200).min(1),
  program: object({ version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,99}$/), sha256 }),
  vault: object({
    /** Vault's URL, as this host reaches it. */
    address: text(2000),
    namespace: text(500),
    caPem: text(1_000_000).optional(),
    /** The fleet's token role. */
    role: text(200).min(1),
    tokenPeriodSeconds: z.number().int().positive(),
    /** Networks to which users' tokens are bound, sorted, as Vault writes them; empty for none. */
    tokenBoundCidrs: list(text(64), 1000).default([]),
    /** Age in seconds at which a token is replaced; undefined for never. */
    rotateTokensAfterSeconds: seconds.optional(),
  }),
  renewal: object({
    everySeconds: z.number().positive(),
    minClaudeVersion: text(100),
    claudeWaitSeconds: z.number().positive(),
    adopt: z.boolean(),
    waits: waits.default(DEFAULT_WAITS),
  }),
  files: list(hostFile, 5000),
  users: list(hostUser, 10_000),
});
export type HostPlan = z.infer<typeof hostPlan>;
