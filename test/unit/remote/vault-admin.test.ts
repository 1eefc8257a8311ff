/** Tests what the operator revokes and destroys in Vault, and what is left alone. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { VaultAdmin } from "../../../remote/vault-admin.ts";
import { FakeVault } from "../../support/fakes/fake-vault.ts";

let vault: FakeVault;
let operator: string;

beforeEach(async () => {
  vault = await new FakeVault().start();
  operator = vault.mint("operator", { role: "", policies: ["root"], meta: {} }).token;
});
afterEach(() => vault.close());

const admin = () =>
  new VaultAdmin({ address: vault.address, namespace: "", caPem: undefined, role: "claude-dev" }, operator);

describe("a user's backups", () => {
  const path = "secret/metadata/users/bob";

  it("are destroyed when their metadata names this fleet and this user, and a missing entry is fine", async () => {
    vault.metadata.set(path, { fleet: "dev", user: "bob" });
    expect(await admin().purge("dev", "bob", path)).toBeUndefined();
    expect(vault.metadata.has(path)).toBe(false);
    expect(await admin().purge("dev", "bob", path)).toBeUndefined();
  });

  it.each([{ fleet: "other", user: "bob" }, { fleet: "dev", user: "alice" }, {}])(
    "are left alone where their metadata says %j",
    async (custom) => {
      vault.metadata.set(path, custom);
      expect(await admin().purge("dev", "bob", path)).toBe(
        `the backups of bob (${path}) were left alone: their metadata does not say that they are of the fleet dev and of bob; inspect it by \`vault kv metadata get\``,
      );
      expect(vault.metadata.has(path)).toBe(true);
    },
  );

  it("still exist while Vault is sealed", async () => {
    vault.metadata.set(path, { fleet: "dev", user: "bob" });
    vault.broken = { status: 503, body: { errors: ["Vault is sealed"] } };
    expect(await admin().purge("dev", "bob", path)).toContain("were not destroyed: Vault is sealed");
  });
});

describe("a token", () => {
  const alive = (accessor: string) => [...vault.tokens.values()].some((token) => token.accessor === accessor);

  it("of the fleet is revoked, and a token that has ended is fine", async () => {
    const { accessor } = vault.mint("alice");
    expect(await admin().revokeUnowned("dev", accessor)).toBeUndefined();
    expect(alive(accessor)).toBe(false);
    expect(await admin().revokeUnowned("dev", accessor)).toBeUndefined();
  });

  it.each([
    [
      "of the original runbook, where a host is taken over",
      ["default", "workstation-claude-alice"],
      true,
      "taken-over",
    ],
    [
      "of the original runbook, where no host is taken over",
      ["default", "workstation-claude-alice"],
      false,
      "left",
    ],
    ["of the original runbook, of another user", ["workstation-claude-bob"], true, "left"],
    ["of the original runbook, with more rights", ["admin", "workstation-claude-alice"], true, "left"],
  ])("%s ends as it should", async (_, policies, adopt, kind) => {
    const { accessor } = vault.mint("alice", { role: "", meta: {}, policies });
    const owner = { fleet: "dev", host: "devvm", user: "alice" };
    expect((await admin().revoke(owner, accessor, adopt)).kind).toBe(kind);
    expect(alive(accessor)).toBe(kind === "left");
  });

  it.each([
    ["of another role", { role: "claude-other" }],
    ["of another fleet", { meta: { fleet: "other" } }],
    ["of no role", { role: "", meta: { fleet: "dev" } }],
  ])("%s is left alone", async (_, changes) => {
    const { accessor } = vault.mint("alice", changes);
    expect(await admin().revokeUnowned("dev", accessor)).toBe(
      `the accessor ${accessor} was left alone: Vault says that it is not of the role claude-dev and the fleet dev; inspect it by \`vault token lookup -accessor ${accessor}\``,
    );
    expect(alive(accessor)).toBe(true);
  });
});
