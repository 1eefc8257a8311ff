/** Messages of the actions about one user: a run, a login, a pause; and the status of all users. */
import * as z from "zod";
import { agentStatus, UNREADABLE } from "./agent-status.ts";
import { fleetName, moment, object, PROTOCOL, protocol, text, userName } from "./fields.ts";
import { PROTOCOL_LIMITS } from "./protocol-limits.ts";
import { untrustedPaths } from "./workstation.ts";

/** Names a user of a fleet that has a record on the host. */
export const userTarget = object({ protocol, fleet: fleetName, user: userName });
export type UserTarget = z.infer<typeof userTarget>;

/** How one run of a user's agent ended. `lines` come from the agent, so they are claims of that user. */
export const agentRun = z.strictObject({
  user: text(64),
  workstation: text(200),
  /** The agent's exit code: see contract/agent-classes.ts. */
  exitCode: z.number().int().min(0).max(255),
  /** systemd's word: `success`, `exit-code`, … */
  result: text(40),
  /** The class in the agent's last line; null when it has none. */
  class: text(40).nullable(),
  /** Whether the user is paused: no timer starts the next run. */
  paused: z.boolean(),
  lines: z.array(text(PROTOCOL_LIMITS.line)).max(PROTOCOL_LIMITS.linesOfRun),
});
export type AgentRun = z.infer<typeof agentRun>;

/** The result of `await-login`: the run that proved the login. */
export const loginResult = z.strictObject({ user: text(64), workstation: text(200), run: agentRun });

/** The pause marker of a user: who paused the user, when (RFC 3339) and why. */
export const pauseMarker = z.strictObject({ by: text(200), at: text(40), reason: text(500) });
export type PauseMarker = z.infer<typeof pauseMarker>;

/** The folder in a fleet record with one pause marker for each paused user. */
export const PAUSE_FOLDER = "pause";

/** The result of `pause` and `resume`. */
export const pauseResult = z.strictObject({
  user: text(64),
  workstation: text(200),
  /** False when the user was paused, or not paused, already. */
  changed: z.boolean(),
  paused: pauseMarker.nullable(),
});

/** What root knows about the users of a fleet. Each `status` is a claim of that user. */
export const workstationStatus = z.strictObject({
  protocol: z.literal(PROTOCOL),
  workstation: text(200),
  /** The time of the answer. All times come from the host's clock. */
  now: moment,
  /** When the metrics were rendered last; null for never. */
  collectedAt: moment.nullable(),
  /** The last hourly repair: when it ran, and how many things it could not repair. Null for never, and from a former version. */
  repair: z.strictObject({ at: moment, problems: z.number().int().nonnegative() }).nullable().default(null),
  untrusted: untrustedPaths,
  users: z
    .array(
      z.strictObject({
        user: text(64),
        renewed: z.boolean(),
        enrolled: z.boolean(),
        paused: z.boolean(),
        /** When the timer starts the next run; null when the timer does not run. */
        nextRunAt: moment.nullable(),
        /** The status of the agent's last run, or why root does not use it. */
        status: z.union([agentStatus, z.enum(UNREADABLE)]),
      }),
    )
    .max(10_000),
});
export type WorkstationStatus = z.infer<typeof workstationStatus>;
