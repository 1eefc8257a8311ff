/** What an operator's commands for one user ask and are answered: a run, a login, a pause, a status. */
import * as z from "zod";
import { agentStatus, UNREADABLE } from "./agent-status.ts";
import { fleetName, moment, object, PROTOCOL, protocol, text, userName } from "./fields.ts";

/** A user of a fleet whose plan has been applied on the host. */
export const userTarget = object({ protocol, fleet: fleetName, user: userName });
export type UserTarget = z.infer<typeof userTarget>;

/** How one run of a user's agent ended. `lines` are the agent's own words, so they are that user's claims. */
export const agentRun = z.strictObject({
  user: text(64),
  workstation: text(200),
  /** Exit code of the agent: see contract/agent-classes.ts. */
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
export const pauseMarker = z.strictObject({ by: text(200), at: text(40), reason: text(500) });
export type PauseMarker = z.infer<typeof pauseMarker>;

/** What `pause` and `resume` leave. */
export const pauseResult = z.strictObject({
  user: text(64),
  workstation: text(200),
  /** False: it was so already. */
  changed: z.boolean(),
  paused: pauseMarker.nullable(),
});
export type PauseResult = z.infer<typeof pauseResult>;

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
