/** Which login is newer, and what the agent state keeps of it. */
import { describe, expect, test } from "vitest";
import { relationOf, withFile, withPinned } from "../../../../agent/decision/lineage.ts";
import type { AgentState } from "../../../../contract/agent-state.ts";
import { NOW, stateAfter, usable } from "../../../support/fakes/facts.ts";

const DAY = 86_400_000;

describe("lineage", () => {
  const A = usable("a");
  test.each([
    ["the same", A, false, "same"],
    ["the same end of the login", usable("b"), false, "rotation"],
    ["2.1.197 drops the end of the login", usable("b", { loginExpiresAt: undefined }), false, "rotation"],
    ["another end of the login", usable("b", { loginExpiresAt: NOW + 1 }), false, "new-login"],
    ["another kind", usable("b", { credential: "setup-token" }), false, "new-login"],
  ])("%s", (_, view, inProbe, relation) => {
    expect(relationOf(stateAfter(A), view, inProbe)).toBe(relation);
  });

  test("without refreshTokenExpiresAt only a change in the agent's own probe is a refresh", () => {
    const bare = (name: string) => usable(name, { loginExpiresAt: undefined });
    expect(relationOf(stateAfter(bare("a")), bare("b"), false)).toBe("new-login");
    expect(relationOf(stateAfter(bare("a")), bare("b"), true)).toBe("rotation");
  });

  test("the end of the login is kept when a CLI drops it, and a superseded login changes nothing", () => {
    const state = stateAfter(A, usable("b", { loginExpiresAt: undefined }), usable("c"));
    expect(state.login).toMatchObject({
      fingerprints: ["fp-c", "fp-b", "fp-a"],
      loginExpiresAt: A.loginExpiresAt,
    });
    expect(state.superseded).toEqual(["fp-b", "fp-a"]);
    expect(relationOf(state, A, false)).toBe("older");
    expect(withFile(state, A, NOW).login).toEqual(state.login);
  });
});

describe("a sign-in before another sign-in", () => {
  const end = NOW + DAY;
  const first = usable("a", { loginExpiresAt: end });
  const pinned = (state: AgentState): AgentState =>
    withPinned(state.login === null ? state : { ...state, login: { ...state.login, pinned: true } });
  const followed = (by: AgentState) => relationOf(by, usable("c", { loginExpiresAt: end }), false);
  const second = (state: AgentState) => withFile(state, usable("b"), NOW);

  test("is superseded when both are verified, and so is its next refresh", () => {
    expect(followed(pinned(second(pinned(stateAfter(first)))))).toBe("older");
  });

  test("is not superseded while one of both is not verified", () => {
    expect(followed(second(pinned(stateAfter(first))))).toBe("new-login");
    expect(followed(pinned(second(stateAfter(first))))).toBe("new-login");
  });

  test("is superseded, too, when another person's sign-in came in between", () => {
    const between = withFile(pinned(stateAfter(first)), usable("m", { loginExpiresAt: NOW + 2 }), NOW);
    expect(followed(pinned(second(between)))).toBe("older");
  });

  test("is not superseded when it comes back after another person's sign-in", () => {
    const between = withFile(pinned(stateAfter(first)), usable("m", { loginExpiresAt: NOW + 2 }), NOW);
    const back = pinned(withFile(between, usable("c", { loginExpiresAt: end }), NOW));
    expect(relationOf(back, usable("d", { loginExpiresAt: end }), false)).toBe("rotation");
    expect(back.formerEnds).toEqual([]);
  });
});
