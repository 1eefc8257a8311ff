/**
 * Moments of past events, as they count now. The host's clock may have been wrong when a moment was stored, or may be wrong
 * now. What is stored is therefore never corrected: it counts again when the clock is right again. Pure.
 */
import type { AgentState } from "../../contract/agent-state.ts";

/** No agent ran before this time. A stored moment before it comes from a clock that was not set yet. */
const FIRST_RUN = Date.UTC(2025, 0, 1);

/** Whether a moment can be that of a past event. Before a clock is set, every moment before it can be. */
function isPast(at: number, now: number): boolean {
  return at <= now && (at >= FIRST_RUN || now < FIRST_RUN);
}

/** Returns the moment of a past event; now where it lies in the future. */
export function notAfter(at: number | null, now: number): number | null {
  return at === null ? null : Math.min(at, now);
}

/** Since when something lasts. */
export type Since = keyof AgentState["noticed"];
const SINCE: readonly Since[] = [
  "refreshFailingSince",
  "refreshSince",
  "unprovenSince",
  "failingSince",
  "pendingSince",
];

/**
 * Returns since when something lasts, as far as can be told; null when it does not last. Where the stored moment cannot be
 * right, the moment counts at which an agent has noticed that.
 */
export function sinceWhen({ noticed, ...state }: AgentState, field: Since, now: number): number | null {
  const stored = state[field];
  if (stored === null || isPast(stored, now)) return stored;
  const seen = noticed[field];
  return seen !== null && isPast(seen, now) ? seen : now;
}

/** Keeps since when something lasts whose stored moment cannot be right. Without it, such a thing would last no time for ever. */
export function withNoticed(state: AgentState, now: number): AgentState {
  const noticed = { ...state.noticed };
  for (const field of SINCE) {
    const stored = state[field];
    noticed[field] = stored === null || isPast(stored, now) ? null : sinceWhen(state, field, now);
  }
  return { ...state, noticed };
}
