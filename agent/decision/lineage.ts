/**
 * Which login is newer, and what the agent state keeps of it. Newer is what this agent has seen come after, never what a
 * clock says. Pure: each function returns the next state.
 */
import type { Reason } from "../../contract/agent-classes.ts";
import type { AgentState, LoginState } from "../../contract/agent-state.ts";
import { consequencesOf } from "./consequences.ts";
import type { ProbeFacts } from "./facts.ts";
import type { FileView, UsableView } from "./file-view.ts";
import { mismatch, type Identity, type Owner } from "./identity.ts";

/**
 * How a login in the home relates to the login in the agent state. `rotation`: a refresh of the same sign-in. `older`: a
 * superseded login, or a refresh of a superseded sign-in. `new-login`: another sign-in, or a login that may be one. `partial`:
 * a login that has lost its refresh token.
 */
export type Relation = "same" | "rotation" | "older" | "new-login" | "partial";

const MAX_LIST = 256;
const MAX_ENDS = 64;

/**
 * Returns how the login in the home relates to the agent state.
 * @param inProbe whether the change happened while the agent's own CLI ran. Without `refreshTokenExpiresAt` on both sides,
 * only such a change is known to be a refresh
 */
export function relationOf(state: AgentState, view: UsableView, inProbe: boolean): Relation {
  const { login } = state;
  if (view.credential === "partial") return "partial";
  if (login?.fingerprints[0] === view.fingerprint) return "same";
  if (login?.fingerprints.includes(view.fingerprint) || state.superseded.includes(view.fingerprint))
    return "older";
  if (login === null || login.credential !== view.credential || view.credential === "setup-token")
    return "new-login";
  // A refresh keeps `refreshTokenExpiresAt` or drops it. A sign-in writes it.
  if (view.loginExpiresAt !== undefined) {
    if (view.loginExpiresAt === login.loginExpiresAt) return "rotation";
    return state.formerEnds.includes(view.loginExpiresAt) ? "older" : "new-login";
  }
  return login.loginExpiresAt !== null || inProbe ? "rotation" : "new-login";
}

/** The credentials file was read. A superseded login that came back, and a partial login, do not change which is newest. */
export function withFile(state: AgentState, view: FileView, now: number, inProbe = false): AgentState {
  const file = view.kind;
  if (view.kind !== "usable") return { ...state, file };
  const relation = relationOf(state, view, inProbe);
  const refreshable = view.credential === "login" ? added(state.refreshable, view.access) : state.refreshable;
  const next = { ...state, file, seen: view.fingerprint, refreshable };
  if (relation === "older" || relation === "partial") return next;
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
  // An unverified sign-in may be another person's: it does not supersede the sign-in before it.
  const follows = login?.pinned === true ? login.loginExpiresAt : (login?.follows ?? null);
  return { ...next, superseded, login: newLogin(view, follows, now) };
}

/** Returns the kind under which the agent state keeps a login. */
export function keptKind({ credential }: Pick<UsableView, "credential">): LoginState["credential"] {
  return credential === "setup-token" ? "setup-token" : "login";
}

function newLogin(view: UsableView, follows: number | null, now: number): LoginState {
  return {
    fingerprints: [view.fingerprint],
    credential: keptKind(view),
    firstSeenAt: now,
    loginExpiresAt: view.credential === "login" ? (view.loginExpiresAt ?? null) : null,
    identity: null,
    pinned: false,
    follows,
  };
}

/**
 * A probe has proven the login with this fingerprint. It is pinned when its identity is the owner's. A setup-token may not
 * read its profile, so its unknown identity is accepted.
 */
export function withIdentity(
  state: AgentState,
  fingerprint: string,
  identity: Identity | undefined,
  owner: Owner,
): AgentState {
  const { login } = state;
  if (login?.fingerprints[0] !== fingerprint) return state;
  const found = identity ?? login.identity;
  // What looked like a refresh is another person's sign-in: the former person's lineage and end are not this login's.
  const isAnother =
    login.identity !== null && found?.email.toLowerCase() !== login.identity.email.toLowerCase();
  const own = isAnother ? { ...login, fingerprints: [fingerprint], loginExpiresAt: null } : login;
  const pinned =
    found === null
      ? login.pinned || login.credential === "setup-token"
      : mismatch(owner, found) === undefined;
  return withPinned({ ...state, login: { ...own, identity: found, pinned } });
}

/** The login is verified. The sign-in that it follows is superseded, and so are later refreshes of that sign-in. */
export function withPinned(state: AgentState): AgentState {
  const { login, formerEnds } = state;
  const end = login?.follows ?? null;
  if (login?.pinned !== true || end === null || end === login.loginExpiresAt || formerEnds.includes(end))
    return state;
  return { ...state, formerEnds: [end, ...formerEnds].slice(0, MAX_ENDS) };
}

/** A CLI is about to be asked. It may use up the refresh token, also when no run sees it end. */
export function withProbeAhead(state: AgentState, before: UsableView): AgentState {
  return before.credential === "login" ? { ...state, maybeConsumed: before.fingerprint } : state;
}

/** A probe has ended: what was refused for good, and what may be used up. */
export function withProbe(state: AgentState, probe: ProbeFacts, reason: Reason, now: number): AgentState {
  const { before, after } = probe;
  let next = withFile(withFile(state, before, now), after, now, true);
  if (
    state.login?.pinned === true &&
    relationOf(state, before, false) === "older" &&
    isRefresh(before, after)
  )
    next = {
      ...state,
      file: "usable",
      seen: after.fingerprint,
      refreshable: next.refreshable,
      superseded: added(state.superseded, after.fingerprint),
    };
  const { refusedForGood, mayHaveConsumed } = consequencesOf(reason);
  if (refusedForGood) next = { ...next, refused: added(next.refused, before.fingerprint) };
  const asked = before.credential === "login" && probe.end.kind !== "not-started";
  const hidden = asked && hidesSuccessor(before, after);
  if (mayHaveConsumed || hidden) next = { ...next, maybeConsumed: before.fingerprint };
  else if (next.maybeConsumed === before.fingerprint) next = { ...next, maybeConsumed: null };
  return next;
}

/**
 * Whether the file may hide a successor. Only a usable file with a refresh token, or with the former access token, shows what
 * became of the refresh token.
 */
function hidesSuccessor(before: UsableView, after: FileView): boolean {
  return after.kind !== "usable" || (after.credential === "partial" && after.access !== before.access);
}

/** Whether `after` is what a CLI that was asked with `before` made of it, and no other sign-in. */
function isRefresh(before: UsableView, after: FileView): after is UsableView {
  if (after.kind !== "usable" || after.fingerprint === before.fingerprint) return false;
  if (after.credential !== "login" || before.credential !== "login") return false;
  return after.loginExpiresAt === undefined || after.loginExpiresAt === before.loginExpiresAt;
}

/** Returns the list with `value` at its head. */
export function added(list: readonly string[], value: string): string[] {
  return [value, ...list.filter((known) => known !== value)].slice(0, MAX_LIST);
}
