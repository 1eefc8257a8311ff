/** What `claude-fleet status` knows, as plain data. Times are milliseconds since the epoch, by the clock of their host. */
import type { AgentStatus } from "../../contract/agent-status.ts";
import type { TokenFileObservation } from "../../contract/token-file.ts";
import type { WorkstationStatus } from "../../contract/user-run.ts";

/** What a host said, or why it said nothing, in one sentence. */
export type Answer<T> =
  { readonly kind: "seen"; readonly found: T } | { readonly kind: "unknown"; readonly reason: string };

/** Answers by the names of workstations and tokens. */
export interface Answers {
  readonly workstations: ReadonlyMap<string, Answer<WorkstationStatus>>;
  readonly tokens: ReadonlyMap<string, Answer<TokenFileObservation>>;
}

/**
 * How something is. `ok`: proven. `watch`: not as it should be, and nobody has to act yet. `person`: somebody has to act.
 * `awaiting-login`, `paused`, `not-renewed`: left alone. `unknown`: its host did not say.
 */
export type State = "ok" | "watch" | "person" | "awaiting-login" | "paused" | "not-renewed" | "unknown";

/** A verdict: a state, what it means in words, and the command that mends it where there is one. */
export interface Condition {
  readonly state: State;
  readonly why: string;
  readonly command: string | undefined;
}

/** One user of the roster. */
export interface UserRow extends Condition {
  readonly user: string;
  readonly workstation: string;
  /** Now, by the workstation's clock; null when it did not answer. */
  readonly now: number | null;
  readonly nextRunAt: number | null;
  /** What the agent said last; null when there is nothing to be believed. */
  readonly status: AgentStatus | null;
}

/** One container that reads a token. */
export interface ConsumerRow extends Condition {
  readonly token: string;
  readonly service: string;
  readonly container: string;
  /** First digits of the digest of the token that it reads; null when that is not known. */
  readonly sha256: string | null;
  /** Whether that is the token that passed the gate last; null when that is not known. */
  readonly matches: boolean | null;
}

/** A token file. Times are by the operator's clock. */
export interface TokenRow {
  readonly token: string;
  /** When the token ends, as its file says; null when that is not known. */
  readonly expiresAt: number | null;
  /** Whether what lies there passed the gate and is rolled out; null when that is not known. */
  readonly current: boolean | null;
}

/** A host or a token file about which there is something to say beside its users or containers. */
export interface Trouble extends Condition {
  readonly name: string;
}

/** The fleet at a glance. */
export interface FleetStatus {
  readonly fleet: string;
  /** When it was asked, by the operator's clock. */
  readonly at: number;
  readonly users: readonly UserRow[];
  readonly consumers: readonly ConsumerRow[];
  readonly tokens: readonly TokenRow[];
  readonly troubles: readonly Trouble[];
}
