// The same where the containers belong to a compose file on the host; a bad token and all five services are in test/full.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import {
  COMPOSED,
  composedFile,
  composedSettings,
  removeSite,
  startSite,
} from "../support/environment/compose.ts";
import { downTogether, watchContainers } from "../support/environment/containers.ts";
import { saidOnce } from "../support/environment/messages.ts";
import { expectSuccess, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import { expectRolledOut } from "../support/environment/rollout.ts";
import type { TokenFile } from "../support/environment/token-file.ts";

/** Those that the settings name; the file's others stay their people's. */
const NAMED = COMPOSED.slice(0, 3);

describe("the token rollout of a compose file's services", () => {
  let environment: DevEnvironment;
  let configFile: string;
  let good: TokenFile;

  beforeAll(async () => {
    environment = await devEnvironment();
    good = await startSite(environment);
    configFile = await composedSettings((token) => ({
      ...token,
      services: token.services.slice(0, NAMED.length),
    }));
  });
  afterAll(async () => {
    await restoreStack(environment);
    await removeSite(environment);
  });

  it("takes over containers that people have made, one at a time and in order", async () => {
    const events = await watchContainers(
      environment,
      async () => expectSuccess(await up(environment, { configFile })),
      COMPOSED,
    );
    expect(events.filter(({ what }) => what === "down")).toEqual(
      NAMED.map(({ container }) => ({ container, what: "down" })),
    );
    expect(downTogether(events)).toBe(1);
    await expectRolledOut(environment, good, NAMED, composedFile);
    expectSuccess(await preview(environment, { configFile, args: ["--expect-no-changes"] }));
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
