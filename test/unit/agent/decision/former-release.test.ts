/** A backup that the former release has stored is restored and carried on by today's agent. */
import { describe, expect, it } from "vitest";
import { decideWithVault } from "../../../../agent/decision/backup.ts";
import { restoreSource } from "../../../../agent/decision/restore.ts";
import { followedIn, storedLogin, triedIn, withLogin } from "../../../../agent/decision/vault-entry.ts";
import { freshAgentState, parseAgentState } from "../../../../contract/agent-state.ts";
import { formerAgents, formerBackups } from "../../../support/former-records.ts";

const entries = formerBackups.map(({ data, metadata }) => ({ data, version: metadata.version }));
const [first, restored] = entries;
const owner = {
  email: "alice@example.com",
  organization: "00000000-0000-4000-8000-000000000001",
  machineId: "0".repeat(32),
  adopt: false,
};
const NOW = Date.parse("2026-12-01T00:00:00Z");

const stateAfter = (what: string) => {
  const found = formerAgents.find((one) => one.case === what);
  return parseAgentState(JSON.stringify(found?.state));
};
const loginOf = (entry: typeof first) => {
  const login = entry === undefined ? undefined : storedLogin(entry);
  if (login === undefined || "why" in login) throw new Error("The entry has no login.");
  return login;
};

describe("a former backup", () => {
  it.each(entries)("version $version holds the login that its fingerprint names", (entry) => {
    expect(loginOf(entry).view.fingerprint).toBe(entry.data["fingerprint"]);
  });

  it("is restored into a home without a login", () => {
    const found = restoreSource(first, freshAgentState(), owner, { kind: "none" }, NOW);
    expect(found).toMatchObject({ kind: "eligible", fingerprint: first?.data["fingerprint"] });
  });

  it("names what it followed and what was tried", () => {
    const former = [first?.data["fingerprint"]];
    expect([followedIn(restored!), triedIn(restored!)]).toEqual([former, former]);
  });

  it("is unchanged for the agent that has stored it", () => {
    const { oauth } = loginOf(restored);
    const step = decideWithVault(oauth, restored, 0, stateAfter("restored alice"), owner, NOW);
    expect(step).toEqual({ kind: "done", backup: { state: "unchanged", why: undefined } });
  });

  it("keeps its keys in the next version", () => {
    const { oauth } = loginOf(restored);
    const next = withLogin(restored, oauth, stateAfter("restored alice"), owner, NOW);
    expect(Object.keys(next).sort()).toEqual(Object.keys(restored?.data ?? {}).sort());
  });
});
