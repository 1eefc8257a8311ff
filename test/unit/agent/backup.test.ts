/** A backup keeps everybody's keys, loses no race, and takes silence for nothing. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { backUp } from "../../../agent/backup.ts";
import { fingerprint } from "../../../agent/credentials.ts";
import { VaultClient } from "../../../lib/vault-client.ts";
import { FakeVault } from "../support/fake-vault.ts";
import { login, setupToken } from "../support/login.ts";

const PATH = "secret/data/workstation/claude-users/alice";
const facts = { machineId: "0".repeat(32), now: new Date("2026-01-02T03:04:05Z") };
let vault: FakeVault;
let client: VaultClient;

beforeEach(async () => {
  vault = await new FakeVault().start();
  const { token } = vault.mint("alice");
  client = new VaultClient({ address: vault.address, namespace: "", caPem: undefined, token });
});
afterEach(() => vault.close());

const stored = () => vault.entries.get(PATH);

test("the first backup makes the entry, with the object alone and what describes it", async () => {
  const oauth = login("a", { refreshTokenExpiresAt: 99, unknownKey: "kept" });
  expect(await backUp(client, PATH, oauth, facts)).toEqual({ kind: "written" });
  expect(stored()).toEqual({
    version: 1,
    data: {
      claude_ai_oauth_json: JSON.stringify(oauth),
      credential_expires_at_ms: oauth["expiresAt"],
      refresh_token_expires_at_ms: 99,
      backed_up_at: "2026-01-02T03:04:05.000Z",
      fingerprint: fingerprint(oauth),
      kind: "login",
      machine_id: facts.machineId,
    },
  });
});

test("the same login makes no new version; a rotated one does, and foreign keys stay", async () => {
  vault.entries.set(PATH, { data: { setup_token: "fake-setup", vaultwarden_email: "a@b" }, version: 4 });
  const oauth = login("a", { refreshTokenExpiresAt: 99 });
  expect(await backUp(client, PATH, oauth, facts)).toEqual({ kind: "written" });
  expect(await backUp(client, PATH, { ...oauth, accessToken: "refreshed" }, facts)).toEqual({
    kind: "unchanged",
  });
  expect(stored()?.version).toBe(5);
  // The CLI that drops refreshTokenExpiresAt has not changed it.
  expect(await backUp(client, PATH, login("b"), facts)).toEqual({ kind: "written" });
  expect(stored()).toMatchObject({
    version: 6,
    data: { setup_token: "fake-setup", vaultwarden_email: "a@b", refresh_token_expires_at_ms: 99 },
  });
});

test("a setup-token is kept as one", async () => {
  await backUp(client, PATH, setupToken("a"), facts);
  expect(stored()?.data).toMatchObject({ kind: "setup-token" });
});

test("a writer who was faster loses nothing", async () => {
  let races = 2;
  vault.beforeWrite = (path) => {
    if (races-- <= 0) return;
    const entry = vault.entries.get(path);
    const data = { ...entry?.data, [`other_${races}`]: "kept" };
    vault.entries.set(path, { data, version: (entry?.version ?? 0) + 1 });
  };
  expect(await backUp(client, PATH, login("a"), facts)).toEqual({ kind: "written" });
  expect(stored()).toMatchObject({ version: 3, data: { other_0: "kept", other_1: "kept", kind: "login" } });
});

test("an entry that changes all the time is given up, without an end to the login", async () => {
  vault.beforeWrite = (path) => {
    vault.entries.set(path, { data: {}, version: (vault.entries.get(path)?.version ?? 0) + 1 });
  };
  expect((await backUp(client, PATH, login("a"), facts)).kind).toBe("pending");
});

test("after a deleted version the next one follows", async () => {
  vault.entries.set(PATH, { data: null, version: 7 });
  expect(await backUp(client, PATH, login("a"), facts)).toEqual({ kind: "written" });
  expect(stored()?.version).toBe(8);
});

test.each([
  ["sealed", 503, { errors: ["Vault is sealed"] }, "pending"],
  ["broken", 500, { errors: ["internal"] }, "pending"],
  ["a missing mount", 404, { errors: ["no handler for route"] }, "pending"],
  ["a proxy's page", 404, "<html></html>", "pending"],
  ["a refusal", 403, { errors: ["permission denied"] }, "refused"],
])("%s is not taken for an absent entry", async (_, status, body, kind) => {
  vault.broken = { status, body };
  expect((await backUp(client, PATH, login("a"), facts)).kind).toBe(kind);
  vault.broken = undefined;
  expect(stored()).toBeUndefined();
  expect(vault.calls.every((call) => call.startsWith("GET"))).toBe(true);
});

test("another machine's backup is neither read further nor overwritten", async () => {
  vault.entries.set(PATH, { data: { machine_id: "f".repeat(32) }, version: 1 });
  expect((await backUp(client, PATH, login("a"), facts)).kind).toBe("foreign");
  expect(stored()?.version).toBe(1);
});

test("a login that is not whole is not backed up", async () => {
  expect((await backUp(client, PATH, login("a", { scopes: [] }), facts)).kind).toBe("incomplete");
  expect(vault.calls).toEqual([]);
});
