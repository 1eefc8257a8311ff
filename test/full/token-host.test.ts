/** A token host that is reached by ssh: a new token, and what keeps its containers as they are when something goes wrong. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { containerRuns, downTogether, watchContainers } from "../support/environment/containers.ts";
import { saidOnce } from "../support/environment/messages.ts";
import { expectSuccess, preview, up, type PulumiRun } from "../support/environment/pulumi.ts";
import { expectRolledOut, replacedContainers } from "../support/environment/rollout.ts";
import { LAB } from "../support/environment/second-host.ts";
import {
  FILE,
  NAMES,
  openTokenHostFleet,
  type TokenHostFleet,
} from "../support/environment/token-host-fleet.ts";

let environment: DevEnvironment;
let fleet: TokenHostFleet;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  fleet = await openTokenHostFleet(environment);
  await fleet.putNewToken();
  expectSuccess(await up(environment, fleet.options));
});

afterAll(() => fleet.close());

const expectNoChanges = async () =>
  expectSuccess(await preview(environment, { ...fleet.options, args: ["--expect-no-changes"] }));

describe("a token host reached by ssh", () => {
  it("has one container replaced after the other for a new token", async () => {
    const token = await fleet.putNewToken();
    let ended: PulumiRun | undefined;
    const events = await watchContainers(
      environment,
      async () => {
        ended = expectSuccess(await up(environment, fleet.options));
      },
      fleet.services,
    );
    expect(replacedContainers(ended)).toEqual(NAMES.map((name) => `elsewhere/${name}-container`));
    expect(downTogether(events)).toBe(1);
    await expectRolledOut(environment, token, fleet.services, FILE);
    await expectNoChanges();
  });

  it("keeps its containers when the API refuses a token", async () => {
    const before = await containerRuns(environment, fleet.services);
    await fleet.putNewToken({ revoked: true });
    const ended = await up(environment, fleet.options);
    expect(ended.code, ended.output).not.toBe(0);
    expect(saidOnce(ended, FILE)).toMatch(
      /The token was refused by the API \(.*\).*No container was touched\.$/,
    );
    expect(await containerRuns(environment, fleet.services)).toEqual(before);
    const token = await fleet.putNewToken();
    expectSuccess(await up(environment, fleet.options));
    await expectRolledOut(environment, token, fleet.services, FILE);
  });

  it("is not taken for empty when its login may not speak to the engine", async () => {
    const before = await containerRuns(environment, fleet.services);
    await fleet.host.allowEngine(false);
    const seen = await preview(environment, { ...fleet.options, args: ["--expect-no-changes"] });
    expect(seen.code, seen.output).not.toBe(0);
    expect(seen.operations).toEqual([]);
    expect(seen.output).toContain(`The Docker engine at ssh://${LAB} gives no answer`);
    const ended = await up(environment, fleet.options);
    expect(ended.code, ended.output).not.toBe(0);
    expect(await containerRuns(environment, fleet.services)).toEqual(before);
    await fleet.host.allowEngine(true);
    await expectNoChanges();
  });
});
