/** The smaller decisions: lineage, identity, expiry, what lasts, the backup's rows, the end of a restore. */
import { describe, expect, test } from "vitest";
import {
  decideWithoutVault,
  decideWithVault,
  entryWithTried,
} from "../../../../agent/decision/backup-axis.ts";
import { restoreSource } from "../../../../agent/decision/eligible.ts";
import { loginExpiry } from "../../../../agent/decision/expiry.ts";
import { usableView } from "../../../../agent/decision/file-view.ts";
import { identityIn, mismatch } from "../../../../agent/decision/identity.ts";
import { exitCodeOf, judgementOf } from "../../../../agent/decision/consequences.ts";
import { withFile, withPinned, relationOf } from "../../../../agent/decision/lineage.ts";
import { FORCES_REFRESH, restoreOutcome } from "../../../../agent/decision/restore-outcome.ts";
import { freshAgentState, parseAgentState, type AgentState } from "../../../../contract/agent-state.ts";
import { answer, BLANK, NOW, OK, usable } from "../../../support/fakes/facts.ts";
import { login } from "../../../support/fakes/login.ts";

const DAY = 86_400_000;
const owner = {
  email: "alice@example.com",
  organization: undefined,
  machineId: "1".repeat(32),
  adopt: false,
};
const after = (...views: Parameters<typeof withFile>[1][]) =>
  views.reduce<AgentState>((state, view) => withFile(state, view, NOW), freshAgentState());

describe("lineage", () => {
  const A = usable("a");
  test.each([
    ["the same", A, false, "same"],
    ["the same end of the login", usable("b"), false, "rotation"],
    ["2.1.197 drops the end of the login", usable("b", { loginExpiresAt: undefined }), false, "rotation"],
    ["another end of the login", usable("b", { loginExpiresAt: NOW + 1 }), false, "new-login"],
    ["another kind", usable("b", { credential: "setup-token" }), false, "new-login"],
  ])("%s", (_, view, inProbe, relation) => {
    expect(relationOf(after(A), view, inProbe)).toBe(relation);
  });

  test("without any end of the login only our own probe tells a refresh from a sign-in", () => {
    const bare = (name: string) => usable(name, { loginExpiresAt: undefined });
    expect(relationOf(after(bare("a")), bare("b"), false)).toBe("new-login");
    expect(relationOf(after(bare("a")), bare("b"), true)).toBe("rotation");
  });

  test("the end of the login survives its being dropped, and an older login changes nothing", () => {
    const state = after(A, usable("b", { loginExpiresAt: undefined }), usable("c"));
    expect(state.login).toMatchObject({
      fingerprints: ["fp-c", "fp-b", "fp-a"],
      loginExpiresAt: A.loginExpiresAt,
    });
    expect(state.superseded).toEqual(["fp-b", "fp-a"]);
    expect(relationOf(state, A, false)).toBe("older");
    expect(withFile(state, A, NOW).login).toEqual(state.login);
  });
});

describe("a sign-in that was followed by another", () => {
  const end = NOW + DAY;
  const first = usable("a", { loginExpiresAt: end });
  const pinned = (state: AgentState): AgentState =>
    withPinned(state.login === null ? state : { ...state, login: { ...state.login, pinned: true } });
  const followed = (by: AgentState) => relationOf(by, usable("c", { loginExpiresAt: end }), false);
  const second = (state: AgentState) => withFile(state, usable("b"), NOW);

  test("is over once both are verified: what is refreshed from it is older", () => {
    expect(followed(pinned(second(pinned(after(first)))))).toBe("older");
  });

  test("is not over while the other is nobody's, or when it was nobody's itself", () => {
    expect(followed(second(pinned(after(first))))).toBe("new-login");
    expect(followed(pinned(second(after(first))))).toBe("new-login");
  });

  test("is over, too, when somebody else's has come in between", () => {
    const between = withFile(pinned(after(first)), usable("m", { loginExpiresAt: NOW + 2 }), NOW);
    expect(followed(pinned(second(between)))).toBe("older");
  });

  test("is not over when it comes back after somebody else's", () => {
    const between = withFile(pinned(after(first)), usable("m", { loginExpiresAt: NOW + 2 }), NOW);
    const back = pinned(withFile(between, usable("c", { loginExpiresAt: end }), NOW));
    expect(relationOf(back, usable("d", { loginExpiresAt: end }), false)).toBe("rotation");
    expect(back.formerEnds).toEqual([]);
  });
});

describe("identity", () => {
  const text = (changes: object = {}) =>
    JSON.stringify({
      oauthAccount: {
        emailAddress: "Alice@example.com",
        organizationUuid: "org-1",
        profileFetchedAt: NOW,
        ...changes,
      },
    });
  test("counts only when it was fetched in this very probe", () => {
    expect(identityIn(text(), NOW - 1, NOW + 1)).toEqual({
      email: "Alice@example.com",
      organization: "org-1",
    });
    expect(identityIn(text(), NOW + 1, NOW + 2)).toBeUndefined();
    expect(identityIn(text(), NOW - 2, NOW - 1)).toBeUndefined();
    expect(identityIn(text({ profileFetchedAt: undefined }), 0, NOW)).toBeUndefined();
    for (const odd of ["", "[]", "{}", "not JSON"]) expect(identityIn(odd, 0, NOW)).toBeUndefined();
  });

  test("differs by address or by a pinned organization, and both are named", () => {
    const found = { email: "ALICE@example.com", organization: "org-1" };
    expect(mismatch(owner, found)).toBeUndefined();
    expect(mismatch(owner, { ...found, email: "bob@x" })).toMatch(/bob@x.*alice@example\.com/);
    expect(mismatch({ ...owner, organization: "ORG-1" }, found)).toBeUndefined();
    expect(mismatch({ ...owner, organization: "org-2" }, found)).toMatch(/org-1.*org-2/);
    expect(mismatch({ ...owner, organization: "org-2" }, { ...found, organization: null })).toBeUndefined();
  });
});

test("the end of a login is read, remembered or estimated, and dropped when it is outlived", () => {
  expect(loginExpiry(freshAgentState())).toEqual({ at: null, estimated: false });
  const known = after(usable("a"));
  expect(loginExpiry(known)).toEqual({ at: NOW + 20 * DAY, estimated: false });
  expect(loginExpiry({ ...known, lastSuccessAt: NOW + 21 * DAY }).at).toBe(NOW + 20 * DAY);
  expect(loginExpiry({ ...known, lastRefreshProvenAt: NOW + 21 * DAY }).at).toBeNull();
  const bare = after(usable("a", { loginExpiresAt: undefined }));
  expect(loginExpiry(bare)).toEqual({ at: NOW + 30 * DAY, estimated: true });
  expect(loginExpiry({ ...bare, lastSuccessAt: NOW + 31 * DAY }).at).toBeNull();
  const token = after(usable("a", { credential: "setup-token" }));
  expect(loginExpiry(token)).toEqual({ at: NOW + 365 * DAY, estimated: true });
});

test("what lasts too long becomes a failure, and says so by its exit code", () => {
  const waits = { refreshFailing: 10, transient: 20, unproven: 30 };
  const at = (reason: Parameters<typeof judgementOf>[0], changes: Partial<AgentState>, now: number) => {
    const found = judgementOf(reason, { ...freshAgentState(), ...changes }, now, waits);
    return [found.word, found.reason, exitCodeOf(found)];
  };
  expect(at("refresh-failing", { refreshFailingSince: 100 }, 109)).toEqual(["WARN", "refresh-failing", 0]);
  expect(at("refresh-failing", { refreshFailingSince: 100 }, 110)).toEqual(["FAIL", "refresh-failing", 12]);
  expect(at("refresh", { refreshSince: 100 }, 119)).toEqual(["WARN", "refresh", 12]);
  expect(at("refresh", { refreshSince: 100 }, 120)).toEqual(["FAIL", "refresh", 12]);
  expect(at("usage", { unprovenSince: 100 }, 129)).toEqual(["WARN", "usage", 14]);
  expect(at("usage", { unprovenSince: 100 }, 130)).toEqual(["WARN", "unproven", 14]);
  expect(at("refreshing", { failingSince: 100 }, 119)).toEqual(["WARN", "refreshing", 16]);
  expect(at("refreshing", { failingSince: 100 }, 120)).toEqual(["FAIL", "refreshing", 16]);
  expect(at("odd", { unknownInARow: 2 }, 0)).toEqual(["WARN", "odd", 22]);
  expect(at("odd", { unknownInARow: 3 }, 0)).toEqual(["FAIL", "odd", 22]);
  expect(at("api", { failingSince: 0 }, 1_000_000)).toEqual(["WARN", "api", 15]);
});

describe("the backup's rows", () => {
  const oauth = login("a");
  const view = usableView(oauth);
  const learned = after(view);
  const pinned: AgentState = {
    ...learned,
    login: learned.login && {
      ...learned.login,
      pinned: true,
      identity: { email: owner.email, organization: null },
    },
  };

  test("without a word to Vault", () => {
    const state = (file: Parameters<typeof decideWithoutVault>[0], state = pinned) =>
      decideWithoutVault(file, state, owner)?.state;
    expect(state({ kind: "none" })).toBe("none");
    expect(state(BLANK)).toBe("none");
    expect(state(view, learned)).toBe("held");
    expect(state({ ...view, incomplete: "no scopes" })).toBe("incomplete");
    expect(state(usable("older"), pinned)).toBe("superseded");
    expect(state(view, pinned)).toBeUndefined();
    const others = {
      ...pinned,
      login: pinned.login && { ...pinned.login, identity: { email: "bob@x", organization: null } },
    };
    expect(state(view, others)).toBe("identity-mismatch");
  });

  test("with what Vault holds", () => {
    const entry = (changes: object = {}) => ({
      version: 4,
      data: { machine_id: owner.machineId, claude_ai_oauth_json: JSON.stringify(oauth), ...changes },
    });
    const step = (found: Parameters<typeof decideWithVault>[1], state = pinned) =>
      decideWithVault(oauth, found, 0, state, owner, NOW);
    expect(step(entry())).toMatchObject({ kind: "state", state: { state: "unchanged" } });
    expect(step(entry({ machine_id: "2".repeat(32) }))).toMatchObject({ state: { state: "foreign" } });
    // The original's entries carry no machine; ours takes them over.
    expect(step(entry({ machine_id: undefined }))).toMatchObject({
      kind: "write",
      cas: 4,
      rolledBack: false,
    });
    expect(step(undefined)).toMatchObject({ kind: "write", cas: 0, rolledBack: false });
    const remembers = { ...pinned, vault: { version: 5, fingerprint: null, storedAt: null } };
    expect(step(entry(), remembers)).toMatchObject({ kind: "write", cas: 4, rolledBack: true });
    expect(step(undefined, remembers)).toMatchObject({ kind: "write", cas: 0, rolledBack: true });
  });

  test("of the original's are restored where a host is taken over, and nowhere else", () => {
    const entry = {
      version: 1,
      data: { claude_ai_oauth_json: JSON.stringify(oauth), backed_up_at: "2026-06-20T20:10:40Z" },
    };
    const source = (adopt: boolean, found = entry) =>
      restoreSource(found, freshAgentState(), { ...owner, adopt }, { kind: "none" }, NOW).kind;
    expect(source(true)).toBe("eligible");
    expect(source(false)).toBe("ineligible");
    const another = { ...entry, data: { ...entry.data, machine_id: "2".repeat(32) } };
    expect(source(true, another)).toBe("ineligible");
  });

  test("say what the stored login came after, and never put that over it", () => {
    const stored = (name: string, follows: readonly string[]) => {
      const held = login(name);
      const { fingerprint } = usableView(held);
      const data = {
        machine_id: owner.machineId,
        claude_ai_oauth_json: JSON.stringify(held),
        fingerprint,
        follows,
      };
      return { version: 4, data };
    };
    const step = decideWithVault(oauth, stored("former", ["fp-0"]), 0, pinned, owner, NOW);
    const former = usableView(login("former")).fingerprint;
    expect(step).toMatchObject({ kind: "write", data: { follows: [former, "fp-0"] } });
    // Written by a run that could not remember it.
    const successor = stored("successor", [view.fingerprint]);
    expect(decideWithVault(oauth, successor, 0, pinned, owner, NOW)).toMatchObject({
      state: { state: "superseded" },
    });
    // Somebody else has put a login there, and left what described ours.
    const others = { ...successor, data: { ...successor.data, fingerprint: "fp-x" } };
    expect(decideWithVault(oauth, others, 0, pinned, owner, NOW)).toMatchObject({ kind: "write" });
  });

  test("describe the login that is stored, and no former one", () => {
    const former = {
      identity_email: "old@x",
      identity_organization: "old",
      refresh_token_expires_at_ms: 1,
      other: 1,
    };
    const step = decideWithVault(oauth, { version: 1, data: former }, 0, pinned, owner, NOW);
    if (step.kind !== "write") throw new Error("expected a write");
    expect(step.data).toMatchObject({
      identity_email: owner.email,
      other: 1,
      kind: "login",
      fingerprint: view.fingerprint,
    });
    expect(step.data).not.toHaveProperty("identity_organization");
    expect(step.data).not.toHaveProperty("refresh_token_expires_at_ms");
  });

  test("keep at most sixteen that were tried, newest first", () => {
    const tried = Array.from({ length: 20 }, (_, index) => `fp-${index}`);
    const data = entryWithTried({ version: 1, data: { tried, kept: 1 } }, "fp-3");
    expect(data["tried"]).toEqual(["fp-3", "fp-0", "fp-1", "fp-2", ...tried.slice(4, 16)]);
    expect(data["kept"]).toBe(1);
  });
});

describe("a restore's source", () => {
  const entry = (changes: object = {}, oauth = login("a", { expiresAt: NOW + 3_600_000 })) => ({
    version: 1,
    data: { machine_id: owner.machineId, claude_ai_oauth_json: JSON.stringify(oauth), ...changes },
  });
  const kind = (
    found: Parameters<typeof restoreSource>[0],
    state = freshAgentState(),
    file: Parameters<typeof restoreSource>[3] = BLANK,
  ) => restoreSource(found, state, owner, file, NOW).kind;

  test("is this machine's and this identity's, and can be read", () => {
    expect(kind(entry())).toBe("eligible");
    expect(kind(undefined)).toBe("none");
    expect(kind(entry({ claude_ai_oauth_json: undefined }))).toBe("none");
    expect(kind(entry({ machine_id: "2".repeat(32) }))).toBe("ineligible");
    expect(kind(entry({ machine_id: undefined }))).toBe("ineligible");
    expect(kind(entry({ identity_email: "bob@x" }))).toBe("ineligible");
    expect(kind(entry({ identity_email: "ALICE@example.com" }))).toBe("eligible");
    expect(kind(entry({ claude_ai_oauth_json: "{" }))).toBe("ineligible");
    expect(kind(entry({}, login("a", { accessToken: "", refreshToken: "" })))).toBe("ineligible");
    expect(kind(entry({}, login("a", { scopes: "user:inference" })))).toBe("ineligible");
  });

  test("is not the login that the CLI has emptied when it was due to refresh it", () => {
    const seen = { ...freshAgentState(), seen: usableView(login("a")).fingerprint };
    const due = entry({}, login("a", { expiresAt: NOW + 60_000 }));
    expect(kind(due, seen)).toBe("ineligible");
    expect(kind(entry(), seen)).toBe("eligible");
    expect(kind(due, seen, { kind: "none" })).toBe("eligible");
    expect(kind(due)).toBe("eligible");
  });
});

test("a restore succeeds by a refresh alone, is refused by an emptied file alone, and is kept otherwise", () => {
  const forced = usable("a", { expiresAt: FORCES_REFRESH });
  expect(restoreOutcome(OK, usable("b"))).toBe("refreshed");
  expect(restoreOutcome(OK, forced)).toBe("keep");
  expect(restoreOutcome(answer("OK", null, false, 1), usable("b"))).toBe("keep");
  expect(restoreOutcome(answer("anything", 401), BLANK)).toBe("refused");
  expect(restoreOutcome(answer("anything", 401), forced)).toBe("keep");
  expect(restoreOutcome(answer("anything", 401), usable("b"))).toBe("keep");
  expect(restoreOutcome({ kind: "late" }, forced)).toBe("keep");
  const token = usable("a", { credential: "setup-token" });
  expect(restoreOutcome(OK, token)).toBe("refreshed");
  expect(restoreOutcome(answer("anything", 401), token)).toBe("refused");
  expect(restoreOutcome(answer("anything", 500), token)).toBe("keep");
});

test("a memory that cannot be understood is none", () => {
  for (const text of ["", "[]", '{"seen":5}', "x"]) expect(parseAgentState(text)).toEqual(freshAgentState());
  // What an earlier version wrote is understood.
  expect(parseAgentState('{"seen":"abc","probe":null}')).toEqual({ ...freshAgentState(), seen: "abc" });
});
