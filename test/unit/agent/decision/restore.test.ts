/** Whether Vault's login may be restored, and what becomes of the login in the restore's folder. */
import { describe, expect, test } from "vitest";
import { usableView } from "../../../../agent/decision/file-view.ts";
import { FORCES_REFRESH, refreshOutcome, restoreSource } from "../../../../agent/decision/restore.ts";
import { freshAgentState } from "../../../../contract/agent-state.ts";
import { answer, BLANK, NOW, OK, owner, usable } from "../../../support/fakes/facts.ts";
import { login } from "../../../support/fakes/login.ts";

describe("Vault's login", () => {
  const entry = (changes: object = {}, oauth = login("a", { expiresAt: NOW + 3_600_000 })) => ({
    version: 1,
    data: { machine_id: owner.machineId, claude_ai_oauth_json: JSON.stringify(oauth), ...changes },
  });
  const kind = (
    found: Parameters<typeof restoreSource>[0],
    state = freshAgentState(),
    file: Parameters<typeof restoreSource>[3] = BLANK,
  ) => restoreSource(found, state, owner, file, NOW).kind;

  test("is eligible when it is this machine's and this user's, and can be read", () => {
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

  test("is not eligible when the home's CLI has emptied it after it was due", () => {
    const seen = { ...freshAgentState(), seen: usableView(login("a")).fingerprint };
    const due = entry({}, login("a", { expiresAt: NOW + 60_000 }));
    expect(kind(due, seen)).toBe("ineligible");
    expect(kind(entry(), seen)).toBe("eligible");
    expect(kind(due, seen, { kind: "none" })).toBe("eligible");
    expect(kind(due)).toBe("eligible");
  });
});

test("only a refresh proves a restore, only an emptied file ends it, and otherwise it continues", () => {
  const forced = usable("a", { expiresAt: FORCES_REFRESH });
  expect(refreshOutcome(OK, usable("b"))).toBe("refreshed");
  expect(refreshOutcome(OK, forced)).toBe("unknown");
  expect(refreshOutcome(answer("OK", null, false, 1), usable("b"))).toBe("unknown");
  expect(refreshOutcome(answer("anything", 401), BLANK)).toBe("refused");
  expect(refreshOutcome(answer("anything", 401), forced)).toBe("unknown");
  expect(refreshOutcome(answer("anything", 401), usable("b"))).toBe("unknown");
  expect(refreshOutcome({ kind: "late" }, forced)).toBe("unknown");
  const token = usable("a", { credential: "setup-token" });
  expect(refreshOutcome(OK, token)).toBe("refreshed");
  expect(refreshOutcome(answer("anything", 401), token)).toBe("refused");
  expect(refreshOutcome(answer("anything", 500), token)).toBe("unknown");
});
