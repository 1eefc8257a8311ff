/** The agent state after each step of a restore. Pure: each function returns the next state. */
import type { AgentState, LoginState } from "../../contract/agent-state.ts";
import type { UsableView } from "./file-view.ts";
import type { Identity } from "./identity.ts";
import { added, keptKind } from "./lineage.ts";

/** Vault's login lies in the restore's folder. Nothing was sent yet. */
export function withPrepared(
  state: AgentState,
  {
    fingerprint,
    credential,
  }: { readonly fingerprint: string; readonly credential: LoginState["credential"] },
  version: number,
): AgentState {
  const vault = { version, fingerprint, storedAt: state.vault?.storedAt ?? null };
  return { ...state, vault, restore: { fingerprint, credential, stage: "prepared" } };
}

/** The login in the folder may be sent from now on, and is never taken from Vault again. */
export function withTriedHere(state: AgentState, vault: AgentState["vault"]): AgentState {
  const { restore } = state;
  if (restore === null) return state;
  const tried = added(state.tried, restore.fingerprint);
  return { ...state, tried, vault, restore: { ...restore, stage: "tried" } };
}

/**
 * The restore has refreshed its login. That the successor follows Vault's login is stored before anything else can see the
 * successor.
 * @param view the successor
 */
export function withRefreshed(
  state: AgentState,
  view: UsableView,
  identity: Identity | undefined,
  now: number,
): AgentState {
  const { restore, login } = state;
  if (restore === null) return state;
  const former = login?.fingerprints.includes(restore.fingerprint) ? login : undefined;
  const next: LoginState = {
    fingerprints: added(former?.fingerprints ?? [restore.fingerprint], view.fingerprint),
    credential: keptKind(view),
    firstSeenAt: former?.firstSeenAt ?? now,
    loginExpiresAt:
      view.credential === "login" ? (view.loginExpiresAt ?? former?.loginExpiresAt ?? null) : null,
    identity: identity ?? former?.identity ?? null,
    pinned: true,
    follows: former?.follows ?? null,
  };
  const superseded = [...supersededBy(state, former), restore.fingerprint]
    .filter((known) => known !== view.fingerprint)
    .reduceRight<readonly string[]>(added, state.superseded);
  return {
    ...state,
    login: next,
    superseded: [...superseded],
    restore: { ...restore, stage: "refreshed" },
    lastRefreshProvenAt: view.credential === "login" ? now : state.lastRefreshProvenAt,
  };
}

/**
 * A restore supersedes the last login in the home, except a sign-in that was neither verified nor refused. Its file may come
 * back, for instance after a power cut, and is then the newer login.
 */
function supersededBy({ login, refused }: AgentState, former: LoginState | undefined): readonly string[] {
  const [newest, ...older] = login?.fingerprints ?? [];
  if (newest === undefined) return [];
  const open = former === undefined && login?.pinned === false && !refused.includes(newest);
  return open ? older : [newest, ...older];
}

/** The home has the restored login. The folder stays until Vault has it, too. */
export function withPlaced(state: AgentState, now: number): AgentState {
  return {
    ...state,
    restore: state.restore && { ...state.restore, stage: "placed" },
    seen: state.login?.fingerprints[0] ?? state.seen,
    file: "usable",
    restores: state.restores + 1,
    lastRestoreAt: now,
  };
}

/** The login that the restore began with will never work. */
export function withRestoreRefused(state: AgentState): AgentState {
  const { restore } = state;
  return restore === null ? state : { ...state, refused: added(state.refused, restore.fingerprint) };
}
