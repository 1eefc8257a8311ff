// Vault is away: one clear error, nothing concluded, and nothing to clean up afterwards. Its other faults are in test/full.
import { beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { saidOnce } from "../support/environment/messages.ts";
import { repairParts } from "../support/environment/parts.ts";
import { expectSuccess, preview, up } from "../support/environment/pulumi.ts";
import { stoppedVault } from "../support/environment/vault-faults.ts";

describe("while Vault is down", () => {
  let environment: DevEnvironment;

  beforeAll(async () => {
    environment = await devEnvironment();
    await stoppedVault.cause();
  });

  it("`pulumi preview` plans nothing and says why", async () => {
    const ended = await preview(environment);
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.operations).toEqual([]);
    expect(saidOnce(ended, "Vault")).toMatch(stoppedVault.provider);
  });

  it("and needs only `pulumi up` after the repair", async () => {
    await repairParts();
    const { operations } = expectSuccess(await up(environment));
    // A host may have been too busy to be asked, and is then applied once more; nothing is made or taken away.
    expect(operations.filter(({ op }) => op !== "update")).toEqual([]);
  });
});
