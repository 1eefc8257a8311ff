/** The drift review: what was changed by hand is named in words, applied from a saved plan, and gone. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { differencesIn, operationsOf, worldOf, type World } from "../support/drift/world.ts";
import { expectSuccess, preview, pulumi, restoreStack, up } from "../support/environment/pulumi.ts";
import { asAdmin, policyOf } from "../support/environment/vault.ts";
import { onWorkstation } from "../support/environment/workstation.ts";

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
});

describe("a policy that was widened, and a timer that was disabled", () => {
  const plan = join(checkout.folder, "drift.plan");
  const named = [
    `Vault: policy ${policyOf("alice")}: has been edited: it also grants secret/* [read], no longer grants secret/data/workstation/claude-users/alice [create, read, update], no longer grants secret/metadata/workstation/claude-users/alice [read], no longer grants auth/token/lookup-self [read], no longer grants auth/token/renew-self [update]`,
    "workstation devvm: user alice: Vault refuses the Vault token",
    "workstation devvm: user alice: the timer is disabled instead of enabled",
  ];
  let before: World;

  beforeAll(async () => {
    before = await worldOf(environment);
    const policy = 'path "secret/*" {\n  capabilities = ["read"]\n}\n';
    const call = { method: "POST", path: `sys/policies/acl/${policyOf("alice")}`, body: { policy } } as const;
    await asAdmin(environment, call, z.unknown());
    await onWorkstation(environment, "systemctl disable --now claude-auth-sync@alice.timer");
  });
  afterAll(async () => {
    await rm(plan, { force: true });
    await restoreStack(environment);
  });

  it("are named by a preview, which exits with 7", async () => {
    const seen = await preview(environment, { args: ["--diff", "--expect-no-changes"] });
    expect(differencesIn(seen), seen.output).toEqual(named);
    expect(seen.code).toBe(7);
  });

  it("are named for machines, too", async () => {
    const seen = await pulumi(environment, ["preview", "--json"]);
    const shape = z.object({ diagnostics: z.array(z.object({ message: z.string() })) });
    const { diagnostics } = shape.parse(JSON.parse(seen.stdout));
    const said = diagnostics.map(({ message }) => message).join("\n");
    expect(differencesIn({ output: said })).toEqual(named);
  });

  it("are repaired by what a preview has planned, and nothing else is touched", async () => {
    expectSuccess(await preview(environment, { args: ["--save-plan", plan] }));
    const ended = expectSuccess(await up(environment, { args: ["--plan", plan] }));
    expect(operationsOf(ended)).toEqual(["update alice-policy", "update devvm-apply"]);
    expect(await worldOf(environment)).toEqual(before);
    const clean = await preview(environment, { args: ["--expect-no-changes"] });
    expect(differencesIn(clean), clean.output).toEqual([]);
    expect(clean.code, clean.output).toBe(0);
  });
});
