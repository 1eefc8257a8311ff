/** A token, or one of its services, that gets another name in the settings: containers of the former one are not taken away at once. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { containerRuns, SERVICES } from "../support/environment/containers.ts";
import { expectSuccess, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import {
  committedToken,
  expectRolledOut,
  settingsOfToken,
  withService,
  type TokenSettings,
} from "../support/environment/rollout.ts";
import { committedRoster, settingsWith } from "../support/environment/roster.ts";
import { currentTokenFile } from "../support/environment/token-file.ts";

const LAST = SERVICES.length - 1;
const byOtherName = (token: TokenSettings) =>
  withService(token, LAST, (service) => ({ ...service, name: "another" }));
const without = (token: TokenSettings) => ({ ...token, services: token.services.slice(0, LAST) });

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await devEnvironment();
});
afterAll(() => restoreStack(environment));

async function expectRefused(configFile: string, from: string, to: string): Promise<void> {
  const before = await containerRuns(environment);
  for (const run of [preview, up]) {
    const ended = await run(environment, { configFile });
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.operations).toEqual([]);
    expect(ended.output).toContain(
      `${SERVICES[LAST]?.container} belongs to ${from} in this fleet, not to ${to}.`,
    );
  }
  expect(await containerRuns(environment)).toEqual(before);
}

it("is refused for a token, with all that follow it left as they are", async () => {
  const tokens = { shared: await committedToken() };
  const configFile = await settingsWith(await committedRoster(), { tokens });
  await expectRefused(configFile, "platform/celery-worker", "shared/celery-worker");
});

it("is refused for a service, and accepted once the former service has left", async () => {
  await expectRefused(await settingsOfToken(byOtherName), "platform/celery-worker", "platform/another");
  expectSuccess(await up(environment, { configFile: await settingsOfToken(without) }));
  // The settings are one file, which each call replaces.
  const configFile = await settingsOfToken(byOtherName);
  expectSuccess(await up(environment, { configFile }));
  await expectRolledOut(environment, await currentTokenFile(environment));
  expectSuccess(await preview(environment, { configFile, args: ["--expect-no-changes"] }));
  expectSuccess(await up(environment, { configFile: await settingsOfToken(without) }));
});
