/** What is looked for, revoked and destroyed in Vault: what is not known is never taken for gone. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { VaultAdmin } from "../../../remote/vault-admin.ts";
import { VaultClient } from "../../../lib/vault-client.ts";
import type { TokenOwners } from "../../../plan/drift/unowned-tokens.ts";
import { findStrays, listTokens } from "../../../program/review-strays.ts";
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
const plan = { ...vaultPlan, role: "claude-dev" };
async function find(strayTokens: "look" | "leave" = "look") {
  const client = new VaultClient({ ...server(), token: operator });
  const wish = { ...plan, strayTokens };
  return findStrays({ client, tokens: await listTokens(client, wish) }, wish, "dev", owners());
}

describe("a look for tokens that nobody has", () => {
  it("finds those of the fleet's role and of the fleet, and of nobody else", async () => {
    const stray = vault.mint("alice");
    vault.mint("alice", { role: "claude-other" });
    vault.mint("alice", { meta: { fleet: "other", user: "alice", host: "devvm" } });
    expect(await find()).toEqual({
      strays: [{ accessor: stray.accessor, user: "alice", host: "devvm" }],
      unknown: undefined,
    });
  });

  it("asks about none that is younger than the list, and about none at once", async () => {
    const client = new VaultClient({ ...server(), token: operator });
    const tokens = await listTokens(client, plan);
    vault.mint("alice");
    const search = findStrays({ client, tokens }, plan, "dev", owners());
    // A slow machine asks even later.
    await sleep(500);
    expect(vault.calls.filter((call) => call.includes("lookup-accessor"))).toEqual([]);
    expect(await search).toEqual({ strays: [], unknown: undefined });
    expect(vault.calls.some((call) => call.includes("lookup-accessor"))).toBe(true);
  });

  it("asks nothing where the settings say so", async () => {
    vault.mint("alice");
    expect(await find("leave")).toEqual({ strays: [], unknown: undefined });
    expect(vault.calls).toEqual([]);
  });

  it.each([
    [
      403,
      { errors: ["permission denied"] },
      "tokens of this fleet that nobody has: Vault answered 403 (permission denied); log in as an identity that may list auth/token/accessors (sudo) and look accessors up, or set `vault.strayTokens: leave`, and nobody looks for them",
    ],
    [
      503,
      { errors: ["Vault is sealed"] },
      "tokens of this fleet that nobody has: Vault is sealed or not initialised; mend that, and run this again",
    ],
  ])("knows nothing after %i", async (status, body, unknown) => {
    vault.mint("alice");
    vault.broken = { status, body };
    expect(await find()).toEqual({ strays: [], unknown });
  });
});

describe("a user's backups", () => {
  const path = "secret/metadata/users/bob";
  const admin = () => new VaultAdmin({ ...server(), role: "claude-dev" }, operator);

  it("are destroyed when they say that they are this fleet's and that user's, and none is fine", async () => {
    vault.metadata.set(path, { fleet: "dev", user: "bob" });
    expect(await admin().purge("dev", "bob", path)).toBeUndefined();
    expect(vault.metadata.has(path)).toBe(false);
    expect(await admin().purge("dev", "bob", path)).toBeUndefined();
  });

  it.each([{ fleet: "other", user: "bob" }, { fleet: "dev", user: "alice" }, {}])(
    "are left alone where they say %j",
    async (custom) => {
      vault.metadata.set(path, custom);
      expect(await admin().purge("dev", "bob", path)).toBe(
        `the backups of bob (${path}) were left alone: their metadata does not say that they are of the fleet dev and of bob; look at them by \`vault kv metadata get\``,
      );
      expect(vault.metadata.has(path)).toBe(true);
    },
  );

  it("are still there while Vault is sealed", async () => {
    vault.metadata.set(path, { fleet: "dev", user: "bob" });
    vault.broken = { status: 503, body: { errors: ["Vault is sealed"] } };
    expect(await admin().purge("dev", "bob", path)).toContain("were not destroyed: Vault is sealed");
  });
});

describe("the operator's hand", () => {
  const admin = () => new VaultAdmin({ ...server(), role: "claude-dev" }, operator);
  const alive = (accessor: string) => [...vault.tokens.values()].some((token) => token.accessor === accessor);

  it("revokes a token of the fleet, and one that is gone is fine", async () => {
    const { accessor } = vault.mint("alice");
    expect(await admin().revokeUnowned("dev", accessor)).toBeUndefined();
    expect(alive(accessor)).toBe(false);
    expect(await admin().revokeUnowned("dev", accessor)).toBeUndefined();
  });

  it.each([
    [
      "the original's, where a host is taken over",
      ["default", "workstation-claude-alice"],
      true,
      "taken-over",
    ],
    ["the original's, where none is", ["default", "workstation-claude-alice"], false, "left"],
    ["the original's of somebody else", ["workstation-claude-bob"], true, "left"],
    ["the original's with more", ["admin", "workstation-claude-alice"], true, "left"],
  ])("knows %s", async (_, policies, adopt, kind) => {
    const { accessor } = vault.mint("alice", { role: "", meta: {}, policies });
    const owner = { fleet: "dev", host: "devvm", user: "alice" };
    expect((await admin().revoke(owner, accessor, adopt)).kind).toBe(kind);
    expect(alive(accessor)).toBe(kind === "left");
  });

  it.each([
    ["of another role", { role: "claude-other" }],
    ["of another fleet", { meta: { fleet: "other" } }],
    ["of no role", { role: "", meta: { fleet: "dev" } }],
  ])("leaves a token alone that is %s", async (_, changes) => {
    const { accessor } = vault.mint("alice", changes);
    expect(await admin().revokeUnowned("dev", accessor)).toBe(
      `the accessor ${accessor} was left alone: Vault says that it is not of the role claude-dev and the fleet dev; look at it by \`vault token lookup -accessor ${accessor}\``,
    );
    expect(alive(accessor)).toBe(true);
  });
});
