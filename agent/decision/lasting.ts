/** When something that may pass has lasted too long: the word that a verdict gets. Pure. */
import { CLASSES, REASONS, type Reason, type RunClass, type Word } from "../../contract/agent-classes.ts";
import type { AgentState } from "../../contract/agent-state.ts";

/** How long is too long, in milliseconds. */
export interface LastingWaits {
  /** The access token is over its time and still accepted. */
  readonly refreshFailing: number;
  /** The token is refused and its refresh fails; a lock, a signal or a CLI that hangs keeps the login unproven. */
  readonly transient: number;
  /** A usage limit hides whether the login works. */
  readonly unproven: number;
}

/** Runs in a row that nothing in the table explains, before a person has to look. */
const UNKNOWN_RUNS = 3;

/** A verdict's place in the tables of classes.ts. */
export interface Judgement {
  readonly class: RunClass;
  readonly reason: Reason;
  readonly word: Word;
}

/** @param memory what is remembered with this run's verdict in it */
export function judgementOf(reason: Reason, memory: AgentState, now: number, waits: LastingWaits): Judgement {
  const lasted = (since: number | null, wait: number) => since !== null && now - since >= wait;
  const known = (name: Reason, word: Word = REASONS[name].word): Judgement => ({
    class: REASONS[name].class,
    reason: name,
    word,
  });
  switch (reason) {
    case "refresh-failing":
      return known(reason, lasted(memory.refreshFailingSince, waits.refreshFailing) ? "FAIL" : "WARN");
    case "refresh":
      return known(reason, lasted(memory.refreshSince, waits.transient) ? "FAIL" : "WARN");
    case "usage":
      return known(lasted(memory.unprovenSince, waits.unproven) ? "unproven" : "usage");
    case "odd":
      return known(reason, memory.unknownInARow >= UNKNOWN_RUNS ? "FAIL" : "WARN");
    case "refreshing":
    case "signal":
      return known(reason, lasted(memory.failingSince, waits.transient) ? "FAIL" : "WARN");
    default:
      return known(reason);
  }
}

/** Exit code of a judgement: that of its reason or class; 0 for a login that works, unless a person is needed. */
export function exitCodeOf({ class: runClass, reason, word }: Judgement): number {
  if (runClass === "ok" && word !== "FAIL") return 0;
  const facts = REASONS[reason];
  return "exit" in facts ? facts.exit : CLASSES[runClass].exit;
}
