// While Vault is away, sealed, or not for this identity, every command says so, and concludes nothing.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { saidOnce } from "../e2e/support/messages.ts";
import { mendParts } from "../e2e/support/parts.ts";
import { expectSuccess, preview, up } from "../e2e/support/pulumi.ts";
import { vaultFaults } from "../e2e/support/vault-faults.ts";

describe.each(vaultFaults)("while Vault $what", ({ options, cause, provider, program }) => {
  let environment: DevEnvironment;

  beforeAll(async () => {
    environment = await devEnvironment();
    await cause?.(environment);
  });
  afterAll(async () => {
    if (cause !== undefined) await mendParts();
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
