/** The agent state after a restore has refreshed its login. */
import { expect, test } from "vitest";
import { withRefreshed } from "../../../../agent/decision/restore-state.ts";
import { type AgentState, freshAgentState } from "../../../../contract/agent-state.ts";
import { NOW, usable } from "../../../support/fakes/facts.ts";

function after(pinned: boolean, changes: Partial<AgentState> = {}): AgentState {
  const login = {
    fingerprints: ["fp-b2", "fp-b1"],
    credential: "login",
    firstSeenAt: NOW,
    loginExpiresAt: null,
    identity: null,
    pinned,
    follows: null,
  } as const;
  const restore = { fingerprint: "fp-a1", credential: "login", stage: "tried" } as const;
  const state: AgentState = {
    ...freshAgentState(),
    login: { ...login, fingerprints: [...login.fingerprints] },
    restore,
  };
  return withRefreshed({ ...state, ...changes }, usable("a2"), undefined, NOW);
}

test("the former login and all logins before it are superseded", () => {
  expect(after(true).superseded).toEqual(["fp-b2", "fp-b1", "fp-a1"]);
});

test("an unverified sign-in is not superseded, because it may come back and is newer", () => {
  expect(after(false).superseded).toEqual(["fp-b1", "fp-a1"]);
});

test("an unverified sign-in that was refused is superseded", () => {
  expect(after(false, { refused: ["fp-b2"] }).superseded).toEqual(["fp-b2", "fp-b1", "fp-a1"]);
});

test("the restored login is the newest, and follows Vault's login", () => {
  expect(after(true)).toMatchObject({
    login: { fingerprints: ["fp-a2", "fp-a1"], pinned: true },
    restore: { stage: "refreshed" },
    lastRefreshProvenAt: NOW,
  });
});
