/**
 * Which login follows which. Newer is what this agent has seen come after, never what a clock says. Pure: each function
 * takes a memory and returns the next one.
 */
import type { LoginState, AgentState } from "../../contract/agent-state.ts";
import type { Reason } from "../../contract/agent-classes.ts";
import { consequencesOf, isProven } from "./consequences.ts";
import type { ProbeFacts } from "./facts.ts";
import type { FileView, UsableView } from "./file-view.ts";

/**
 * How a login in the home relates to the one that is remembered. `rotation`: a refresh of the same sign-in. `older`: one
 * that was followed by another already, or a refresh of a sign-in that was. `new-login`: another sign-in, or one that may be.
 */
export type Relation = "same" | "rotation" | "older" | "new-login";

const LIST = 256;
const ENDS = 64;

/**
 * @param inProbe the change happened while our own CLI was asked; without `refreshTokenExpiresAt` on either side, only
 * then it is known to be a refresh
 */
export function relationOf(state: AgentState, view: UsableView, inProbe: boolean): Relation {
  const { login } = state;
  if (login?.fingerprints[0] === view.fingerprint) return "same";
  if (login?.fingerprints.includes(view.fingerprint) || state.superseded.includes(view.fingerprint))
    return "older";
  if (login === null || login.credential !== view.credential || view.credential === "setup-token")
    return "new-login";
  // A CLI that refreshes keeps `refreshTokenExpiresAt` or drops it; one that signs in writes it.
  if (view.loginExpiresAt !== undefined) {
    if (view.loginExpiresAt === login.loginExpiresAt) return "rotation";
    return state.formerEnds.includes(view.loginExpiresAt) ? "older" : "new-login";
  }
  return login.loginExpiresAt !== null || inProbe ? "rotation" : "new-login";
}

/** After the file was looked at. An older login that came back changes nothing about what is newest. */
export function withFile(state: AgentState, view: FileView, now: number, inProbe = false): AgentState {
  const file = view.kind;
  if (view.kind !== "usable") return { ...state, file };
  const relation = relationOf(state, view, inProbe);
  const next = { ...state, file, seen: view.fingerprint };
  if (relation === "older") return next;
  const { login } = state;
  if (relation === "same" && login !== null) {
    const loginExpiresAt = view.loginExpiresAt ?? login.loginExpiresAt;
    return { ...next, login: { ...login, loginExpiresAt } };
  }
  const former = login?.fingerprints[0];
  const superseded = former === undefined ? state.superseded : added(state.superseded, former);
  if (relation === "rotation" && login !== null) {
    const fingerprints = added(login.fingerprints, view.fingerprint);
    const loginExpiresAt = view.loginExpiresAt ?? login.loginExpiresAt;
    return { ...next, superseded, login: { ...login, fingerprints, loginExpiresAt } };
  }
  // A sign-in that nobody has verified may be somebody else's: it takes no other one's place.
  const follows = login?.pinned === true ? login.loginExpiresAt : (login?.follows ?? null);
  return { ...next, superseded, login: newLogin(view, follows, now) };
}

function newLogin(view: UsableView, follows: number | null, now: number): LoginState {
  return {
    fingerprints: [view.fingerprint],
    credential: view.credential,
    firstSeenAt: now,
    loginExpiresAt: view.credential === "login" ? (view.loginExpiresAt ?? null) : null,
    identity: null,
    pinned: false,
    follows,
  };
}

/** After the remembered login was verified: the sign-in that it follows is over, whatever still comes of it. */
export function withPinned(state: AgentState): AgentState {
  const { login, formerEnds } = state;
  const end = login?.follows ?? null;
  if (login?.pinned !== true || end === null || end === login.loginExpiresAt || formerEnds.includes(end))
    return state;
  return { ...state, formerEnds: [end, ...formerEnds].slice(0, ENDS) };
}

/** Before a probe: a CLI that is asked may use up the refresh token, whether or not anybody learns of it. */
export function withProbeAhead(state: AgentState, before: UsableView): AgentState {
  return before.credential === "login" ? { ...state, maybeConsumed: before.fingerprint } : state;
}

/** After a probe: what was refused for good, what may have been used up, what was proven, and since when. */
export function withProbe(state: AgentState, probe: ProbeFacts, reason: Reason, now: number): AgentState {
  const { before, after } = probe;
  let next = withFile(withFile(state, before, now), after, now, true);
  if (
    state.login?.pinned === true &&
    relationOf(state, before, false) === "older" &&
    refreshes(before, after)
  )
    next = {
      ...state,
      file: "usable",
      seen: after.fingerprint,
      superseded: added(state.superseded, after.fingerprint),
    };
  const { refusedForGood, mayHaveConsumed } = consequencesOf(reason);
  if (refusedForGood) next = { ...next, refused: added(next.refused, before.fingerprint) };
  // A file that is gone, or cannot be read, hides a successor: only a usable one says what became of the token.
  const asked = before.credential === "login" && probe.end.kind !== "not-started";
  const hidden = asked && after.kind !== "usable";
  if (mayHaveConsumed || hidden) next = { ...next, maybeConsumed: before.fingerprint };
  else if (next.maybeConsumed === before.fingerprint) next = { ...next, maybeConsumed: null };
  return next;
}

/** Whether `after` is what a CLI that was asked with `before` made of it: not another sign-in. */
function refreshes(before: UsableView, after: FileView): after is UsableView {
  if (after.kind !== "usable" || after.fingerprint === before.fingerprint) return false;
  if (after.credential !== "login" || before.credential !== "login") return false;
  return after.loginExpiresAt === undefined || after.loginExpiresAt === before.loginExpiresAt;
}

/** After a run's last verdict: what lasts, and since when. */
export function withVerdict(state: AgentState, reason: Reason, now: number): AgentState {
  const { lasts, refreshProven, noFailure } = consequencesOf(reason);
  const unknownInARow = lasts !== undefined && "runsInARow" in lasts ? state.unknownInARow + 1 : 0;
  const since = lasts !== undefined && "since" in lasts ? { [lasts.since]: state[lasts.since] ?? now } : {};
  if (!isProven(reason)) {
    const failingSince = noFailure ? null : (state.failingSince ?? now);
    return { ...state, unknownInARow, failingSince, ...since };
  }
  return {
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
}

/** A list with `value` at its head. */
export function added(list: readonly string[], value: string): string[] {
  return [value, ...list.filter((known) => known !== value)].slice(0, LIST);
}
