// Every command says that Vault is away, sealed or forbidden, and concludes nothing from it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { saidOnce } from "../support/environment/messages.ts";
import { repairParts } from "../support/environment/parts.ts";
import { expectSuccess, preview, up } from "../support/environment/pulumi.ts";
import { expectRolledOut, rollout } from "../support/environment/rollout.ts";
import { putNewToken } from "../support/environment/token-file.ts";
import { stoppedVault, vaultFaults } from "../support/environment/vault-faults.ts";

describe.each(vaultFaults)("while Vault $what", ({ options, cause, provider, program }) => {
  let environment: DevEnvironment;

  beforeAll(async () => {
    environment = await devEnvironment();
    await cause?.(environment);
  });
  afterAll(async () => {
    if (cause !== undefined) await repairParts();
    const { operations } = expectSuccess(await up(environment));
    // A host may have been too busy to be asked, and is then applied once more; nothing is made or taken away.
    expect(operations.filter(({ op }) => op !== "update")).toEqual([]);
  });

  it("`pulumi preview` plans nothing and says why", async () => {
    const ended = await preview(environment, options);
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.operations).toEqual([]);
    expect(saidOnce(ended, "Vault")).toMatch(provider);
  });

  it("the program says so, when nothing in the state needs to be read", async () => {
    const ended = await preview(environment, { ...options, args: ["--refresh=false"] });
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.operations).toEqual([]);
    expect(saidOnce(ended, "Vault")).toMatch(program);
  });

  it("`pulumi up` changes nothing and says why", async () => {
    const ended = await up(environment, options);
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.operations).toEqual([]);
    expect(saidOnce(ended, "Vault")).toMatch(provider);
  });
});

describe("a rollout of one token", () => {
  it("is not held up by a Vault that is down", async () => {
    const environment = await devEnvironment();
    const fresh = await putNewToken(environment);
    await stoppedVault.cause();
    try {
      const ended = expectSuccess(await rollout(environment));
      expect(ended.output).toMatch(
        /Vault at .* so what it holds is unknown\. A rollout needs nothing from it/,
      );
      await expectRolledOut(environment, fresh);
    } finally {
      await repairParts();
    }
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
  });
});
