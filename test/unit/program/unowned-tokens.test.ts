/** Tests the search for unowned tokens in Vault: a search that fails never reports a token. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { VaultClient } from "../../../lib/vault-api.ts";
import type { TokenOwners } from "../../../plan/drift/unowned-tokens.ts";
import { findUnownedTokens, listTokens } from "../../../program/unowned-tokens.ts";
import { vaultPlan } from "../../support/component/fixtures.ts";
import { FakeVault } from "../../support/fakes/fake-vault.ts";

let vault: FakeVault;
let operator: string;
let owned: string;

beforeEach(async () => {
  vault = await new FakeVault().start();
  operator = vault.mint("operator", { role: "", policies: ["root"], meta: {} }).token;
  owned = vault.mint("alice").accessor;
});
afterEach(() => vault.close());

const owners = (): TokenOwners => ({
  workstations: new Map([
    ["devvm", { users: [{ name: "alice", accessors: [owned], token: { health: "good" } }] } as never],
  ]),
});
const server = () => ({ address: vault.address, namespace: "", caPem: undefined });
const plan = { fleet: "dev", vault: { ...vaultPlan, role: "claude-dev" } };
async function find(strayTokens: "look" | "leave" = "look") {
  const client = new VaultClient({ ...server(), token: operator });
  const tokens = await listTokens(client, { ...plan.vault, strayTokens });
  return findUnownedTokens(plan, { client, tokens }, owners());
}

describe("a search for unowned tokens", () => {
  it("finds tokens of the fleet's own role only", async () => {
    const unowned = vault.mint("alice");
    vault.mint("alice", { role: "claude-other" });
    vault.mint("alice", { meta: { fleet: "other", user: "alice", host: "devvm" } });
    expect(await find()).toEqual({
      tokens: [{ accessor: unowned.accessor, user: "alice", host: "devvm" }],
      unknown: undefined,
    });
  });

  it("looks up listed tokens only, and not before Vault has written their leases", async () => {
    const client = new VaultClient({ ...server(), token: operator });
    const tokens = await listTokens(client, plan.vault);
    vault.mint("alice");
    const search = findUnownedTokens(plan, { client, tokens }, owners());
    // A slow machine asks later still.
    await sleep(500);
    expect(vault.calls.filter((call) => call.includes("lookup-accessor"))).toEqual([]);
    expect(await search).toEqual({ tokens: [], unknown: undefined });
    expect(vault.calls.some((call) => call.includes("lookup-accessor"))).toBe(true);
  });

  it("asks Vault nothing when the settings turn it off", async () => {
    vault.mint("alice");
    expect(await find("leave")).toEqual({ tokens: [], unknown: undefined });
    expect(vault.calls).toEqual([]);
  });

  it.each([
    [
      403,
      { errors: ["permission denied"] },
      "unowned tokens: Vault answered 403 (permission denied); log in as an identity that may list auth/token/accessors (sudo) " +
        "and look accessors up, or set `vault.strayTokens: leave`, which turns this search off",
    ],
    [
      503,
      { errors: ["Vault is sealed"] },
      "unowned tokens: Vault is sealed or not initialised; repair that, and run this again",
    ],
  ])("reports nothing after %i", async (status, body, unknown) => {
    vault.mint("alice");
    vault.broken = { status, body };
    expect(await find()).toEqual({ tokens: [], unknown });
  });
});
