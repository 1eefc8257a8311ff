/** What is stored in Vault. */
import { describe, expect, test } from "vitest";
import { decideWithoutVault, decideWithVault } from "../../../../agent/decision/backup.ts";
import { usableView } from "../../../../agent/decision/file-view.ts";
import { restoreSource } from "../../../../agent/decision/restore.ts";
import { withTried } from "../../../../agent/decision/vault-entry.ts";
import { type AgentState, freshAgentState } from "../../../../contract/agent-state.ts";
import { BLANK, NOW, owner, stateAfter, usable } from "../../../support/fakes/facts.ts";
import { login } from "../../../support/fakes/login.ts";

describe("a backup", () => {
  const oauth = login("a");
  const view = usableView(oauth);
  const learned = stateAfter(view);
  const pinned: AgentState = {
    ...learned,
    login: learned.login && {
      ...learned.login,
      pinned: true,
      identity: { email: owner.email, organization: null },
    },
  };

  test("is decided without Vault where Vault cannot change the answer", () => {
    const state = (file: Parameters<typeof decideWithoutVault>[0], state = pinned) =>
      decideWithoutVault(file, state, owner)?.state;
    expect(state({ kind: "none" })).toBe("none");
    expect(state(BLANK)).toBe("none");
    expect(state(view, learned)).toBe("held");
    expect(state({ ...view, incomplete: "no scopes" }, learned)).toBe("incomplete");
    // Vault may hold the former login of the same sign-in, which completes this one.
    expect(state({ ...view, incomplete: "no scopes" }, pinned)).toBeUndefined();
    for (const known of [learned, pinned, freshAgentState()])
      expect(state({ ...view, credential: "partial" }, known)).toBe("incomplete");
    expect(state(usable("older"), pinned)).toBe("superseded");
    expect(state(view, pinned)).toBeUndefined();
    const others = {
      ...pinned,
      login: pinned.login && { ...pinned.login, identity: { email: "bob@x", organization: null } },
    };
    expect(state(view, others)).toBe("identity-mismatch");
  });

  test("depends on what Vault holds", () => {
    const entry = (changes: object = {}) => ({
      version: 4,
      data: { machine_id: owner.machineId, claude_ai_oauth_json: JSON.stringify(oauth), ...changes },
    });
    const step = (found: Parameters<typeof decideWithVault>[1], state = pinned) =>
      decideWithVault(oauth, found, 0, state, owner, NOW);
    expect(step(entry())).toMatchObject({ kind: "done", backup: { state: "unchanged" } });
    expect(step(entry({ machine_id: "2".repeat(32) }))).toMatchObject({ backup: { state: "foreign" } });
    // An entry of the original carries no machine id, and is overwritten.
    expect(step(entry({ machine_id: undefined }))).toMatchObject({
      kind: "write",
      cas: 4,
      backup: { state: "written", why: undefined },
    });
    expect(step(undefined)).toMatchObject({
      kind: "write",
      cas: 0,
      backup: { state: "written", why: undefined },
    });
    const newer = { ...pinned, vault: { version: 5, fingerprint: null, storedAt: null } };
    expect(step(entry(), newer)).toMatchObject({ kind: "write", cas: 4, backup: { state: "rolled-back" } });
    // An operator has deleted the entry and its metadata.
    const gone = step(undefined, newer);
    expect(gone).toMatchObject({ kind: "write", cas: 0, backup: { state: "written" } });
    expect(gone).toHaveProperty("backup.why", expect.stringContaining("no entry any more"));
    // A deleted version is lower than the last one that was seen.
    const older = decideWithVault(oauth, undefined, 3, newer, owner, NOW);
    expect(older).toMatchObject({ kind: "write", cas: 3, backup: { state: "rolled-back" } });
  });

  test("of the original is restored only where the host is being taken over", () => {
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

  test("names the logins that it came after, and none of them overwrites it", () => {
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
    // A run that could not store its state has written the successor.
    const successor = stored("successor", [view.fingerprint]);
    expect(decideWithVault(oauth, successor, 0, pinned, owner, NOW)).toMatchObject({
      backup: { state: "superseded" },
    });
    // Another tool has stored a login, and left the keys that described ours.
    const others = { ...successor, data: { ...successor.data, fingerprint: "fp-x" } };
    expect(decideWithVault(oauth, others, 0, pinned, owner, NOW)).toMatchObject({ kind: "write" });
  });

  test("describes the stored login, and no former login", () => {
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

  test("lists at most sixteen tried logins, newest first", () => {
    const tried = Array.from({ length: 20 }, (_, index) => `fp-${index}`);
    const data = withTried({ version: 1, data: { tried, kept: 1 } }, "fp-3");
    expect(data["tried"]).toEqual(["fp-3", "fp-0", "fp-1", "fp-2", ...tried.slice(4, 16)]);
    expect(data["kept"]).toBe(1);
  });
});
