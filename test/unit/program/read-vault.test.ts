/** Tests that a Vault that does not answer stops everything but a rollout, which needs nothing from Vault. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { FleetPlan } from "../../../plan/model.ts";
import { readVault } from "../../../program/read-vault.ts";
import { ROLLOUT_ONLY_VARIABLE } from "../../../contract/command-input.ts";
import { load } from "../../support/plan/fixtures.ts";
import { FakeVault } from "../../support/fakes/fake-vault.ts";

let vault: FakeVault;
let plan: FleetPlan;
let shell: NodeJS.ProcessEnv;

beforeEach(async () => {
  vault = await new FakeVault().start();
  const { token } = vault.mint("operator", { role: "", policies: ["root"], meta: {} });
  const fleet = load();
  plan = { ...fleet, vault: { ...fleet.vault, address: vault.address, namespace: "" } };
  shell = { VAULT_TOKEN: token };
});
afterEach(() => vault.close());

const rollout = () => ({ ...shell, [ROLLOUT_ONLY_VARIABLE]: "true" });

it.each([
  [503, "Vault is sealed", "is sealed or not initialised, so what it holds is unknown; unseal it"],
  [
    403,
    "permission denied",
    "so what it holds is unknown; log in as an identity that may read the fleet's role",
  ],
])("after %i (%s) an `up` begins nothing, and a rollout goes on", async (status, error, said) => {
  vault.broken = { status, body: { errors: [error] } };
  await expect(readVault(plan, false, shell)).rejects.toThrow(said);
  await expect(readVault(plan, false, shell)).rejects.toThrow(/^nothing was changed: /);
  expect(await readVault(plan, false, rollout())).toBeUndefined();
});

it("a rollout needs no Vault token", async () => {
  shell = { VAULT_TOKEN: "", HOME: "/nonexistent" };
  expect(await readVault(plan, false, rollout())).toBeUndefined();
});

it("a rollout reads who owns the names where Vault answers, and lists no tokens", async () => {
  const read = await readVault(plan, false, rollout());
  expect(read?.seen.role).toBeUndefined();
  expect(read?.tokens).toBeUndefined();
  expect(vault.calls.some((call) => call.includes("accessors"))).toBe(false);
  expect((await readVault(plan, false, shell))?.tokens).toBeDefined();
});
