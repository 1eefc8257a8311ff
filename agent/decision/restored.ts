/** What is remembered of a login that a restore has refreshed. Pure. */
import type { LoginState, AgentState } from "../../contract/agent-state.ts";
import type { Identity } from "./identity.ts";
import { added } from "./lineage.ts";
import type { UsableView } from "./file-view.ts";

/**
 * The successor follows from what Vault held: that is remembered before anybody else can see it.
 * @param view what the refresh has brought
 */
export function refreshed(
  state: AgentState,
  view: UsableView,
  identity: Identity | undefined,
  now: number,
): AgentState {
  const { restore: begun, login } = state;
  if (begun === null) return state;
  const former = login?.fingerprints.includes(begun.fingerprint) ? login : undefined;
  const next: LoginState = {
    fingerprints: added(former?.fingerprints ?? [begun.fingerprint], view.fingerprint),
    credential: view.credential,
    firstSeenAt: former?.firstSeenAt ?? now,
    loginExpiresAt:
      view.credential === "login" ? (view.loginExpiresAt ?? former?.loginExpiresAt ?? null) : null,
    identity: identity ?? former?.identity ?? null,
    pinned: true,
    follows: former?.follows ?? null,
  };
  const superseded = [...followedBy(state, former), begun.fingerprint]
    .filter((known) => known !== view.fingerprint)
    .reduceRight<readonly string[]>(added, state.superseded);
  return {
    ...state,
    login: next,
    superseded: [...superseded],
    restore: { ...begun, stage: "refreshed" },
    lastRefreshProvenAt: view.credential === "login" ? now : state.lastRefreshProvenAt,
  };
}

/**
 * Whatever the home held last is followed by what is restored. Not so a sign-in that nobody has verified and no server
 * refused: its file may come back, as after a power cut, and is the newer one then.
 */
function followedBy({ login, refused }: AgentState, former: LoginState | undefined): readonly string[] {
  const [newest, ...older] = login?.fingerprints ?? [];
  if (newest === undefined) return [];
  const open = former === undefined && login?.pinned === false && !refused.includes(newest);
  return open ? older : [newest, ...older];
}
