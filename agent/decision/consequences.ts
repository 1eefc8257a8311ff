/** What follows from each reason: whether it is retried or restored, what the agent state keeps of it, when it fails. Pure. */
import { CLASSES, REASONS, type Reason, type RunClass, type Word } from "../../contract/agent-classes.ts";
import type { AgentState } from "../../contract/agent-state.ts";
import type { Waits } from "../../contract/host-plan.ts";
import { sinceWhen, type Since } from "./moments.ts";

/** A second attempt within one run: the file is read again, and the table is asked again. */
export interface Retry {
  /** The wait before it; none when this is undefined. */
  readonly after?: keyof Waits;
  /** `another-login`: only when somebody signed in during the probe. `locked`: only while a refresh lock was held. */
  readonly only?: "another-login" | "locked";
  /** Refresh locks that are not touched during the wait are removed. */
  readonly clearsStaleLocks?: true;
  /** The probe still counts afterwards, unless the file then holds a usable login. */
  readonly probeStands?: true;
  /** Another reason whose retry counts as this one. */
  readonly sharedWith?: Reason;
}

/** How long a reason may last. `since`: when it began. */
type Lasting =
  | { readonly since: SinceField; readonly wait: keyof Waits }
  | { readonly since: SinceField; readonly wait: keyof Waits; readonly becomes: Reason }
  | { readonly runsInARow: number };

type SinceField = Exclude<Since, "pendingSince">;

/** See {@link CONSEQUENCES}. */
export interface Consequences {
  readonly retry?: Retry;
  /** Vault's login may replace this one; `by-setup-token`: only when Vault's is a setup-token. */
  readonly restorable?: "by-any-login" | "by-setup-token";
  /** The server has refused the login for good: it is never used again. */
  readonly refusedForGood?: true;
  /** The CLI may have used up the refresh token without storing its successor. */
  readonly mayHaveConsumed?: true;
  /** The agent keeps a copy of the credentials file. */
  readonly keepsCopy?: true;
  /** A refresh has succeeded, and its token was accepted. */
  readonly refreshProven?: true;
  /** Not a failure: `failingSince` is cleared. */
  readonly noFailure?: true;
  /** It becomes a failure, or another reason, when it lasts. */
  readonly lasts?: Lasting;
}

/** What follows from each reason. A reason that is not here ends the run, and nothing else follows from it. */
const CONSEQUENCES: Readonly<Partial<Record<Reason, Consequences>>> = {
  "no-login": { noFailure: true },
  gone: { retry: { after: "rereadSeconds" }, restorable: "by-any-login" },
  corrupt: {
    retry: { after: "rereadSeconds", sharedWith: "gone" },
    restorable: "by-any-login",
    keepsCopy: true,
  },
  blanked: { retry: { after: "blankRereadSeconds" }, restorable: "by-any-login" },
  refused: {
    retry: { after: "deadRereadSeconds", probeStands: true },
    restorable: "by-any-login",
    refusedForGood: true,
  },
  "no-refresh-token": { restorable: "by-any-login", refusedForGood: true },
  "setup-token-refused": { restorable: "by-setup-token", refusedForGood: true },
  "new-login": { retry: {} },
  "after-rotation": { retry: { only: "another-login" } },
  "refresh-proven": { refreshProven: true },
  "refresh-failing": { lasts: { since: "refreshFailingSince", wait: "refreshFailingSeconds" } },
  refresh: {
    retry: { after: "lockRetrySeconds", only: "locked", clearsStaleLocks: true },
    lasts: { since: "refreshSince", wait: "transientSeconds" },
  },
  refreshing: {
    retry: { after: "lockRetrySeconds", clearsStaleLocks: true },
    lasts: { since: "failingSince", wait: "transientSeconds" },
  },
  signal: { retry: {}, mayHaveConsumed: true, lasts: { since: "failingSince", wait: "transientSeconds" } },
  stuck: { mayHaveConsumed: true },
  malformed: { retry: {} },
  usage: { lasts: { since: "unprovenSince", wait: "unprovenSeconds", becomes: "unproven" } },
  odd: { lasts: { runsInARow: 3 } },
};

/** Returns what follows from `reason`. */
export function consequencesOf(reason: Reason): Consequences {
  return CONSEQUENCES[reason] ?? {};
}

/** Whether the API accepted the login and generated output. */
export function isProven(reason: Reason): boolean {
  return REASONS[reason].class === "ok";
}

/** A verdict's class, reason and word, after what has lasted is counted. */
export interface LastingVerdict {
  readonly class: RunClass;
  readonly reason: Reason;
  readonly word: Word;
}

/**
 * Returns a reason's class and word, or what they become when the reason has lasted too long.
 * @param state the agent state with this run's verdict in it
 */
export function lastingVerdict(reason: Reason, state: AgentState, now: number, waits: Waits): LastingVerdict {
  const { lasts } = consequencesOf(reason);
  const { class: runClass, word } = REASONS[reason];
  if (lasts === undefined || !hasLasted(lasts, state, now, waits)) return { class: runClass, reason, word };
  if ("becomes" in lasts) return lastingVerdict(lasts.becomes, state, now, waits);
  return { class: runClass, reason, word: "FAIL" };
}

function hasLasted(lasts: Lasting, state: AgentState, now: number, waits: Waits): boolean {
  if ("runsInARow" in lasts) return state.unknownInARow >= lasts.runsInARow;
  const since = sinceWhen(state, lasts.since, now);
  return since !== null && now - since >= waits[lasts.wait] * 1000;
}

/** Returns the exit code of a reason or its class. A login that works exits with 0 unless it needs a person. */
export function exitCodeOf({ class: runClass, reason, word }: LastingVerdict): number {
  if (runClass === "ok" && word !== "FAIL") return 0;
  const facts = REASONS[reason];
  return "exit" in facts ? facts.exit : CLASSES[runClass].exit;
}
