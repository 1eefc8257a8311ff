// The same promises where the containers belong to a compose file on the host.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { COMPOSED, composedFile, composedSettings, removeSite, startSite } from "./support/compose.ts";
import { containerRuns, downTogether, readInside, watchContainers } from "./support/containers.ts";
import { saidOnce } from "./support/messages.ts";
import { expectSuccess, preview, restoreStack, up } from "./support/pulumi.ts";
import { expectRolledOut } from "./support/rollout.ts";
import { printed } from "./support/run.ts";
import { putNewToken, type TokenFile } from "./support/token-file.ts";

describe("the token rollout of a compose file's services", () => {
  let environment: DevEnvironment;
  let configFile: string;
  let good: TokenFile;

  beforeAll(async () => {
    environment = await devEnvironment();
    good = await startSite(environment);
    configFile = await composedSettings();
  });
  afterAll(async () => {
    await restoreStack(environment);
    await removeSite(environment);
  });

  const rolledOut = (token: TokenFile, services = COMPOSED) =>
    expectRolledOut(environment, token, services, composedFile);
  const runs = () => containerRuns(environment, COMPOSED);

  it("takes over containers that people have made, one at a time and in order", async () => {
    const events = await watchContainers(
      environment,
      async () => expectSuccess(await up(environment, { configFile })),
      COMPOSED,
    );
    expect(events.filter(({ what }) => what === "down")).toEqual(
      COMPOSED.map(({ container }) => ({ container, what: "down" })),
    );
    expect(downTogether(events)).toBe(1);
    await rolledOut(good);
    expectSuccess(await preview(environment, { configFile, args: ["--expect-no-changes"] }));
  });

  it("touches none for a token that the API refuses, and a restart finds the former one", async () => {
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

  it("refuses in a preview a service that the file does not have", async () => {
    const wrong = await composedSettings((token) => ({
      ...token,
      services: token.services.map((service, index) =>
        index === 0 ? { ...service, name: "runner" } : service,
      ),
    }));
    const ended = await preview(environment, { configFile: wrong });
    expect(ended.code, ended.output).not.toBe(0);
    expect(saidOnce(ended, "has no service runner")).toContain(
      "docker-compose.yml has no service runner; it has",
    );
  });
});
