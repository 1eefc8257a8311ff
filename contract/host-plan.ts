/** The plan of one workstation, as its host receives and records it. */
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

/** One user, as the host needs to know them. */
export const hostUser = object({
  /** The OS user. */
  name: userName,
  email: text(320),
  /** UUID of the organization that the login must belong to; undefined: any. */
  organization: text(100).optional(),
  renewal: z.boolean(),
  /** The account's former name, by which Vault and the state go on knowing the user; undefined: it had no other. */
  formerly: userName.optional(),
  /** Absolute path of the user's Claude Code CLI on the host; undefined: found as that user. */
  claude: absolutePath.optional(),
  /** `claude-<fleet>-<user>`, by the name that Vault knows; so are the paths. */
  policy: text(200).min(1),
  /** `<mount>/data/<prefix>/<user>`. */
  dataPath: text(1000).min(1),
  /** `<mount>/metadata/<prefix>/<user>`. */
  metadataPath: text(1000).min(1),
});
export type HostUser = z.infer<typeof hostUser>;

/** How long a run waits before it looks again, and how long something may last before a person is called. */
const waits = object({
  /** Before a login that is gone or corrupt is read again. */
  rereadSeconds: seconds,
  /** Before an emptied login is read again: the winner of a race may still write. */
  blankRereadSeconds: seconds,
  /** Before a login that was just refused is read again. */
  deadRereadSeconds: seconds,
  /** Before the CLI is asked again that met another one's lock. */
  lockRetrySeconds: seconds,
  /** How long a lock of Claude Code must go untouched before it is taken over. */
  lockStealSeconds: seconds,
  /** How long an access token may be over its time, though accepted, before that is a failure. */
  refreshFailingSeconds: seconds,
  /** How long a refused token whose refresh fails, or a lock, may last before that is a failure. */
  transientSeconds: seconds,
  /** How long a usage limit may hide the login's state before it is called unproven. */
  unprovenSeconds: seconds,
  /** Between attempts to store a backup that Vault could not take. */
  backupRetrySeconds: seconds,
});
export type Waits = z.infer<typeof waits>;

/** The waits unless the settings say otherwise; also those of a plan that was recorded before there were such settings. */
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
 * Everything that `apply` makes true on a workstation; no secrets. It is the standard input of the Pulumi command, and is
 * kept on the host as `/etc/claude-fleet/<fleet>/plan.json`. A field that an earlier version did not write has a default.
 */
export const hostPlan = object({
  protocol,
  fleet: fleetName,
  /** The workstation's name in the roster. */
  host: text(200).min(1),
  program: object({ version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,99}$/), sha256 }),
  vault: object({
    /** As this host reaches it. */
    address: text(2000),
    namespace: text(500),
    caPem: text(1_000_000).optional(),
    /** The fleet's token role. */
    role: text(200).min(1),
    tokenPeriodSeconds: z.number().int().positive(),
    /** Networks to which users' tokens are bound, sorted, as Vault writes them; empty: to none. */
    tokenBoundCidrs: list(text(64), 1000).default([]),
    /** Age in seconds at which a token is replaced; undefined: never. */
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
