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

describe("a token", () => {
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
