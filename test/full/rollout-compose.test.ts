// A compose file's services after a failure, and where people or a deploy script recreate them.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import {
  COMPOSED,
  compose,
  composedFile,
  composedSettings,
  removeSite,
  startSite,
  writeComposeFile,
  writeDeployScript,
} from "../support/environment/compose.ts";
import { containerRuns, mountedTokens, readInside } from "../support/environment/containers.ts";
import { saidOnce } from "../support/environment/messages.ts";
import { expectSuccess, restoreStack, up } from "../support/environment/pulumi.ts";
import { expectRolledOut, rollout } from "../support/environment/rollout.ts";
import { printed } from "../support/environment/run.ts";
import { currentTokenFile, putNewToken, type TokenFile } from "../support/environment/token-file.ts";

describe("a compose file's services", () => {
  let environment: DevEnvironment;
  let configFile: string;
  let good: TokenFile;

  beforeAll(async () => {
    environment = await devEnvironment();
    good = await startSite(environment);
    configFile = await composedSettings();
    expectSuccess(await up(environment, { configFile }));
  });
  afterAll(async () => {
    await restoreStack(environment);
    await removeSite(environment);
  });

  const rolledOut = (token: TokenFile, services = COMPOSED) =>
    expectRolledOut(environment, token, services, composedFile);
  const runs = () => containerRuns(environment, COMPOSED);

  it("are left alone by a token that the API refuses, and a restart finds the former one", async () => {
    const before = await runs();
    const former = good;
    await putNewToken(environment, { file: composedFile, revoked: true });
    const ended = await up(environment, { configFile });
    expect(ended.code, ended.output).not.toBe(0);
    expect(saidOnce(ended, composedFile)).toMatch(
      /The token was refused by the API .*No container was touched\.$/,
    );
    expect(await runs()).toEqual(before);
    const [first] = COMPOSED;
    await printed("docker", ["restart", first!.container], {
      env: { ...process.env, ...environment.variables },
    });
    expect(await readInside(environment, first!.container, first!.target)).toBe(former.sha256);
  });

  it("are left alone after one that does not get well", async () => {
    const fresh = await putNewToken(environment, { file: composedFile });
    const [, , third] = COMPOSED;
    await writeComposeFile(third!.service);
    const before = await runs();
    const impatient = await composedSettings((token) => ({
      ...token,
      rollout: { ...(token["rollout"] as object), healthTimeout: "10s" },
    }));
    const ended = await up(environment, { configFile: impatient });
    expect(ended.code, ended.output).not.toBe(0);
    expect(saidOnce(ended, third!.container)).toMatch(/is not up after 10 s: running, health \w+/);
    await rolledOut(fresh, COMPOSED.slice(0, 2));
    expect((await runs()).slice(3)).toEqual(before.slice(3));
    await writeComposeFile();
  });

  it("are taken back by one command, and repaired when people recreate a container by hand", async () => {
    const args = ["composed", "--config-file", configFile];
    expectSuccess(await rollout(environment, ...args, "--back"));
    expect((await currentTokenFile(environment, composedFile)).sha256).toBe(good.sha256);
    await rolledOut(good);
    const [, second] = COMPOSED;
    await compose(environment, "up", "--detach", "--no-deps", "--force-recreate", second!.service);
    const [found] = await mountedTokens(environment, [second!]);
    expect(found?.mounts[0]?.Source).toBe(composedFile);
    const ended = expectSuccess(await up(environment, { configFile }));
    expect(ended.operations.map(({ name }) => name)).toContain(`composed/${second!.service}-recreate`);
    await rolledOut(good);
  });

  it("are recreated by the site's deploy script where the settings name one", async () => {
    const recreate = await writeDeployScript(environment);
    const scripted = await composedSettings((token) => {
      const { compose: project } = token["driver"] as { compose: object };
      return { ...token, driver: { compose: { ...project, recreate } } };
    });
    const fresh = await putNewToken(environment, { file: composedFile });
    const before = await runs();
    expectSuccess(await up(environment, { configFile: scripted }));
    await rolledOut(fresh);
    expect((await runs()).filter(({ id }) => before.some((run) => run.id === id))).toEqual([]);
  });
});
