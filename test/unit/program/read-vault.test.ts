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
  [
    503,
    "Vault is sealed",
    "is sealed or not initialised",
    "unseal it (`vault operator unseal`) and run this again",
  ],
  [
    403,
    "permission denied",
    "answered 403 (permission denied)",
    "log in as an identity that may read the fleet's role and policies (`vault token lookup` says who you are)",
  ],
  [
    404,
    "namespace not found",
    "answered 404 (namespace not found)",
    'correct claude-fleet:vault.namespace (now "") or claude-fleet:vault.address, and run this again',
  ],
  [500, "internal error", "answered 500 (internal error)", "read its log, and run this again"],
])(
  "after %i (%s) an `up` begins nothing, says it once, and a rollout goes on",
  async (status, error, why, remedy) => {
    vault.broken = { status, body: { errors: [error] } };
    // The role, policy and metadata of one user, and the two commands of one workstation.
    await expect(readVault(plan, false, shell)).rejects.toThrow(
      `nothing was changed: Vault at ${vault.address} ${why}, so what it holds is unknown, and 5 resources of this stack wait for it; ${remedy}.`,
    );
    expect(await readVault(plan, false, rollout())).toBeUndefined();
  },
);

it("a namespace of the settings may be what Vault forbids", async () => {
  vault.broken = { status: 403, body: { errors: ["permission denied"] } };
  const inTeam = { ...plan, vault: { ...plan.vault, namespace: "team" } };
  await expect(readVault(inTeam, false, shell)).rejects.toThrow(
    'or correct claude-fleet:vault.namespace (now "team").',
  );
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
