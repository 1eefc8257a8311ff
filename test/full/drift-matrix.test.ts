/** Every difference by which the world can leave the roster, one at a time and twice in a row: named, repaired, and gone. */
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { differencesIn, operationsOf, worldOf } from "../support/drift/world.ts";
import { expectSuccess, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import { currentTokenFile, putNewToken } from "../support/environment/token-file.ts";
import { holdReassertion, releaseReassertion } from "../support/environment/held-reassertion.ts";
import { containerDrift } from "../support/drift/container-cases.ts";
import { vaultDrift } from "../support/drift/vault-cases.ts";
import { workstationDrift } from "../support/drift/workstation-cases.ts";

let environment: DevEnvironment;
let former: string;

beforeAll(async () => {
  environment = await devEnvironment();
  former = (await currentTokenFile(environment)).sha256;
  await holdReassertion(environment);
  // The gate keeps the file before the current one.
  await putNewToken(environment);
  expectSuccess(await up(environment));
});
afterAll(async () => {
  await releaseReassertion(environment);
  await restoreStack(environment);
});

const review = () => preview(environment, { args: ["--diff", "--expect-no-changes"] });

const cases = [...vaultDrift, ...workstationDrift, ...containerDrift(() => former)];

describe.each(cases.map(({ what, make }) => [what, make] as const))("%s", (_, make) => {
  it.each(["first", "second"])("is named, repaired and gone, the %s time", async () => {
    // One that fails is not the next one's.
    onTestFailed(async () => {
      await up(environment);
    });
    const before = await worldOf(environment);
    const { named, repairs, renewed = [], afterwards } = await make(environment);

    const seen = await review();
    expect(differencesIn(seen), seen.output).toEqual(named);
    expect(seen.code, seen.output).toBe(7);

    expect(operationsOf(expectSuccess(await up(environment)))).toEqual(repairs);
    const after = await worldOf(environment);
    const changed = Object.keys({ ...before, ...after }).filter((part) => before[part] !== after[part]);
    expect(changed.sort()).toEqual([...renewed].sort());
    await afterwards?.();

    const clean = await review();
    expect(differencesIn(clean), clean.output).toEqual([]);
    expect(clean.code, clean.output).toBe(0);
  });
});
