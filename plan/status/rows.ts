/** Defines what `claude-fleet status` shows. Times are milliseconds since the epoch, by the clock of their host. */
import type { AgentStatus } from "../../contract/agent-status.ts";
import type { TokenFileObservation } from "../../contract/token-file.ts";
import type { WorkstationStatus } from "../../contract/user-run.ts";

/** What a host reported, or why it did not, in one sentence. */
export type Answer<T> =
  { readonly kind: "seen"; readonly found: T } | { readonly kind: "unknown"; readonly reason: string };

/** Answers by the names of workstations and of tokens. */
export interface Answers {
  readonly workstations: ReadonlyMap<string, Answer<WorkstationStatus>>;
  readonly tokens: ReadonlyMap<string, Answer<TokenFileObservation>>;
}

/**
 * The state of a user, a container, a token file or a host. `ok`: proven. `watch`: a problem, but no person has to act yet.
 * `person`: a person has to act. `awaiting-login`, `paused` and `not-renewed`: left alone. `unknown`: the host did not answer.
 */
export type State = "ok" | "watch" | "person" | "awaiting-login" | "paused" | "not-renewed" | "unknown";

/** A state, the reason in words, and the command that repairs it where there is one. */
export interface Condition {
  readonly state: State;
  readonly why: string;
  readonly command: string | undefined;
}

/** One user of the roster. */
export interface UserRow extends Condition {
  readonly user: string;
  readonly workstation: string;
  /** Now, by the workstation's clock. Null: it did not answer. */
  readonly now: number | null;
  readonly nextRunAt: number | null;
  /** The last status of the agent. Null: root accepted none. */
  readonly status: AgentStatus | null;
}

/** One container that reads a token. */
export interface ConsumerRow extends Condition {
  readonly token: string;
  readonly service: string;
  readonly container: string;
  /** First digits of the digest of the token that it reads. Null: unknown. */
  readonly sha256: string | null;
  /** Whether that token passed the gate last. Null: unknown. */
  readonly matches: boolean | null;
}

/** A token file. Times are by the operator's clock. */
export interface TokenRow {
  readonly token: string;
  /** When the token expires, as its file says. Null: unknown. */
  readonly expiresAt: number | null;
  /** Whether the file passed the gate and is rolled out. Null: unknown. */
  readonly current: boolean | null;
}

/** A host or a token file with a problem of its own. */
export interface Trouble extends Condition {
  readonly name: string;
}

/** The status of the whole fleet. */
export interface FleetStatus {
  readonly fleet: string;
  /** When the hosts were asked, by the operator's clock. */
  readonly at: number;
  readonly users: readonly UserRow[];
  readonly consumers: readonly ConsumerRow[];
  readonly tokens: readonly TokenRow[];
  readonly troubles: readonly Trouble[];
}
