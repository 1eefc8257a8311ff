/** The agent state after each step of a run. Pure: each function returns the next state. */
import type { Reason } from "../../contract/agent-classes.ts";
import type { Report } from "../../contract/agent-report.ts";
import type { AgentState } from "../../contract/agent-state.ts";
import { consequencesOf, isProven } from "./consequences.ts";
import { withNoticed } from "./moments.ts";

/** The run's verdict: what has lasted, and since when. */
export function withVerdict(state: AgentState, reason: Reason, now: number): AgentState {
  const { lasts, refreshProven, noFailure } = consequencesOf(reason);
  const unknownInARow = lasts !== undefined && "runsInARow" in lasts ? state.unknownInARow + 1 : 0;
  const since = lasts !== undefined && "since" in lasts ? { [lasts.since]: state[lasts.since] ?? now } : {};
  if (!isProven(reason)) {
    const failingSince = noFailure ? null : (state.failingSince ?? now);
    return withNoticed({ ...state, unknownInARow, failingSince, ...since }, now);
  }
  const proven = {
    ...state,
    unknownInARow,
    lastSuccessAt: now,
    lastRefreshProvenAt: refreshProven ? now : state.lastRefreshProvenAt,
    refreshFailingSince: null,
    refreshSince: null,
    unprovenSince: null,
    failingSince: null,
    ...since,
  };
  return withNoticed(proven, now);
}

/** How long the user's Vault token lives. @param ttlSeconds undefined when Vault was not asked or did not answer */
export function withTokenTtl(state: AgentState, ttlSeconds: number | undefined, now: number): AgentState {
  return { ...state, vaultTokenExpiresAt: ttlSeconds === undefined ? null : now + ttlSeconds * 1000 };
}

/** The run's report. */
export function withReport(state: AgentState, report: Report, now: number): AgentState {
  const { word, class: runClass, reason, exitCode } = report;
  const claude = report.claude?.slice(0, 40) ?? null;
  const lastRun = { ranAt: now, word, class: runClass, reason, why: report.why ?? "", exitCode, claude };
  return { ...state, lastRun };
}
