/** Tests the survey of the fleet's tokens in Vault: a survey that fails names no token. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { VaultClient } from "../../../lib/vault-api.ts";
import type { ReportedUsers } from "../../../plan/vault/token-owners.ts";
import { surveyTokens } from "../../../program/fleet-tokens.ts";
import { listTokens } from "../../../remote/fleet-tokens.ts";
import { vaultPlan } from "../../support/component/fixtures.ts";
import { FakeVault } from "../../support/fakes/fake-vault.ts";
import { observed, plan as host, user } from "../../support/plan/workstation.ts";

let vault: FakeVault;
let operator: string;
let owned: string;

beforeEach(async () => {
  vault = await new FakeVault().start();
  operator = vault.mint("operator", { role: "", policies: ["root"], meta: {} }).token;
  owned = vault.mint("alice").accessor;
});
afterEach(() => vault.close());

const server = () => ({ address: vault.address, namespace: "", caPem: undefined });
const plan = { fleet: "dev", vault: { ...vaultPlan, role: "claude-dev" } };

/** A host that reports these accessors, thirty for each user: for alice, and for users who are not in its plan. */
function reporting(...accessors: string[]): ReportedUsers {
  const users = Array.from({ length: Math.ceil(accessors.length / 30) }, (_, index) => {
    const name = index === 0 ? "alice" : `user${index}`;
    const token = { ...user(name).token, accessor: null };
    return user(name, { token, accessors: accessors.slice(30 * index, 30 * index + 30) });
  });
  return { plan: host, observation: observed({ users, enrolled: users.map(({ name }) => name) }) };
}

async function survey(strayTokens: "look" | "leave" = "look", ...hosts: ReportedUsers[]) {
  const client = new VaultClient({ ...server(), token: operator });
  const tokens = await listTokens(client);
  return surveyTokens({ ...plan, vault: { ...plan.vault, strayTokens } }, { client, tokens }, hosts);
}

const lookups = () => vault.calls.filter((call) => call.includes("lookup-accessor")).length;

describe("a survey of the fleet's tokens", () => {
  it("finds tokens of the fleet's own role only", async () => {
    const other = vault.mint("alice");
    vault.mint("alice", { role: "claude-other" });
    vault.mint("alice", { meta: { fleet: "other", user: "alice", host: "devvm" } });
    const token = { user: "alice", host: "devvm", flaw: undefined };
    expect(await survey()).toEqual({
      tokens: [
        { ...token, accessor: owned },
        { ...token, accessor: other.accessor },
      ],
      complete: true,
      judged: true,
      unknown: undefined,
    });
  });

  it("says how a token differs from what the fleet mints", async () => {
    vault.mint("alice", { policies: ["claude-dev-alice", "claude-dev-bob"] });
    const flaws = (await survey()).tokens.map(({ flaw }) => flaw);
    expect(flaws).toEqual([
      undefined,
      "its policies are [claude-dev-alice, claude-dev-bob], not exactly [claude-dev-alice]",
    ]);
  });

  it("looks up listed tokens, and not before Vault has written their leases", async () => {
    const client = new VaultClient({ ...server(), token: operator });
    const tokens = await listTokens(client);
    const late = vault.mint("alice");
    const search = surveyTokens(plan, { client, tokens }, []);
    // A slow machine asks later still.
    await sleep(500);
    expect(lookups()).toBe(0);
    expect((await search).tokens.map(({ accessor }) => accessor)).not.toContain(late.accessor);
    expect(lookups()).toBeGreaterThan(0);
  });

  it("asks once about each accessor of thousands, eight at a time", async () => {
    for (let count = 0; count < 1500; count++) vault.mint("alice", { role: "other" });
    const accessors = [...vault.tokens.values()].map(({ accessor }) => accessor);
    expect((await survey("look", reporting(...accessors))).tokens).toHaveLength(1);
    expect(lookups()).toBe(accessors.length);
    expect(vault.mostAtOnce).toBeLessThanOrEqual(8);
  });

  it("asks about what a host reports beyond the list, and bounds it", async () => {
    const invented = Array.from({ length: 2000 }, (_, index) => `invented-${index}`);
    const found = await survey("look", reporting("", "no/accessor", "../x", "\u001b[2J", ...invented));
    expect(found).toMatchObject({ complete: true, judged: true, unknown: undefined });
    expect(found.tokens).toHaveLength(1);
    expect(lookups()).toBeLessThan(1100);
  });

  it.each([
    [
      403,
      { errors: ["permission denied"] },
      "unowned tokens: Vault answered 403 (permission denied); log in as an identity that may list auth/token/accessors (sudo) " +
        "and look accessors up, or set `vault.strayTokens: leave`, which goes on without it",
    ],
    [
      503,
      { errors: ["Vault is sealed"] },
      "unowned tokens: Vault is sealed or not initialised; repair that, and run this again",
    ],
  ])("concludes nothing after %i", async (status, body, unknown) => {
    vault.mint("alice");
    vault.broken = { status, body };
    const host = reporting(owned);
    expect(await survey("look", host)).toEqual({ tokens: [], complete: false, judged: false, unknown });
    expect(await survey("leave", host)).toEqual({
      tokens: [],
      complete: false,
      judged: false,
      unknown: undefined,
    });
  });

  it.each(["look", "leave"] as const)(
    "confirms reported tokens where the identity may not list: %s",
    async (how) => {
      const mine = vault.mint("alice").accessor;
      vault.unlisted = true;
      const found = await survey(how, reporting(mine, "invented"));
      expect(found.tokens).toMatchObject([{ accessor: mine, user: "alice", host: "devvm" }]);
      expect(found).toMatchObject({ complete: false, judged: true });
      expect(found.unknown === undefined).toBe(how === "leave");
    },
  );
});
