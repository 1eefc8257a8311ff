// After a failure at any of the five there are three ways on, none of which touches the state.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { serviceImage } from "../../dev/images.ts";
import { containerRuns, SERVICES } from "../support/environment/containers.ts";
import { saidOnce } from "../support/environment/messages.ts";
import { expectSuccess, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import {
  expectRolledOut,
  rollout,
  settingsOfToken,
  settingsWithSick,
  withService,
  type ServiceSettings,
} from "../support/environment/rollout.ts";
import {
  currentTokenFile,
  putNewToken,
  putTokenFile,
  type TokenFile,
} from "../support/environment/token-file.ts";

const ANOTHER_TAG = "another";

describe.each(SERVICES.map(({ service }, index) => [service, index] as const))(
  "a failure at %s",
  (_, index) => {
    let environment: DevEnvironment;
    let former: TokenFile;
    let fresh: TokenFile;

    beforeAll(async () => {
      environment = await devEnvironment();
    });
    afterAll(async () => {
      await restoreStack(environment);
    });

    /** Those before it have the new file, it is named, those after it run on. */
    async function fail(): Promise<void> {
      former = await currentTokenFile(environment);
      fresh = await putNewToken(environment);
      const before = await containerRuns(environment);
      const ended = await up(environment, { configFile: await settingsWithSick(index) });
      expect(ended.code, ended.output).not.toBe(0);
      expect(saidOnce(ended, SERVICES[index]?.container ?? "")).toContain("is not up after 10 s");
      await expectRolledOut(environment, fresh, SERVICES.slice(0, index));
      expect((await containerRuns(environment)).slice(index + 1)).toEqual(before.slice(index + 1));
    }

    it("is gone on from with the same token", async () => {
      await fail();
      expectSuccess(await up(environment));
      await expectRolledOut(environment, fresh);
    });

    it("is gone on from with a new image and the same token", async () => {
      await fail();
      const [name = ""] = serviceImage.split(":");
      await environment.docker.getImage(serviceImage).tag({ repo: name, tag: ANOTHER_TAG });
      const configFile = await settingsOfToken((token) => ({
        ...token,
        services: token.services.map((service) => ({ ...service, image: `${name}:${ANOTHER_TAG}` })),
      }));
      try {
        expectSuccess(await up(environment, { configFile }));
        await expectRolledOut(environment, fresh);
      } finally {
        expectSuccess(await up(environment));
        await environment.docker.getImage(`${name}:${ANOTHER_TAG}`).remove();
      }
    });

    it("is taken back by the former file, and by one command", async () => {
      await fail();
      await putTokenFile(environment, former.content);
      expectSuccess(await up(environment));
      await expectRolledOut(environment, former);
      await fail();
      expectSuccess(await rollout(environment, "--back"));
      await expectRolledOut(environment, former);
      expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
    });
  },
);

describe("a container that the settings' own health check finds sick", () => {
  const [third] = SERVICES.slice(2);

  it("stops the rollout, and is gone on from with the same token or taken back by one command", async () => {
    const environment = await devEnvironment();
    const former = await currentTokenFile(environment);
    const sick = await settingsOfToken((token) => {
      const rollout = { ...(token["rollout"] as object), healthTimeout: "10s" };
      const healthcheck = { test: ["CMD", "/nonexistent"], interval: "1s", timeout: "1s", retries: 1 };
      return withService({ ...token, rollout }, 2, (service) => ({ ...service, healthcheck }));
    });
    const fail = async () => {
      const fresh = await putNewToken(environment);
      const before = await containerRuns(environment);
      const ended = await up(environment, { configFile: sick });
      expect(ended.code, ended.output).not.toBe(0);
      expect(saidOnce(ended, third?.container ?? "")).toMatch(/health/);
      await expectRolledOut(environment, fresh, SERVICES.slice(0, 2));
      expect((await containerRuns(environment)).slice(3)).toEqual(before.slice(3));
      return fresh;
    };

    const fresh = await fail();
    expectSuccess(await up(environment));
    await expectRolledOut(environment, fresh);
    await putTokenFile(environment, former.content);
    expectSuccess(await up(environment));
    await fail();
    expectSuccess(await rollout(environment, "--back"));
    await expectRolledOut(environment, former);
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
  });
});

describe("a service that leaves, and one that comes, while another one fails", () => {
  const newcomer = `${SERVICES[4]?.container}-2`;
  afterAll(async () => restoreStack(await devEnvironment()));

  it("leaves a state that the engine reads, and those between them as they are", async () => {
    const environment = await devEnvironment();
    const before = await containerRuns(environment);
    const configFile = await settingsOfToken((token) => {
      const rollout = { ...(token["rollout"] as object), healthTimeout: "10s" };
      const sick = withService({ ...token, rollout }, 1, (service) => ({
        ...service,
        environment: { ...service.environment, HEALTHY: "false" },
      }));
      const last = { ...sick.services.at(-1), name: "newcomer", container: newcomer } as ServiceSettings;
      return { ...sick, services: [...sick.services.slice(0, -1), last] };
    });
    const options = { configFile };
    for (const remaining of ["first", "second"]) {
      const ended = await up(environment, options);
      expect(ended.code, `${remaining}: ${ended.output}`).not.toBe(0);
      expect(ended.output).toContain(`${SERVICES[1]?.container} is not up after 10 s`);
      expect(ended.output).toContain(
        "platform/newcomer was not created, because a resource that comes before it has failed",
      );
      expect(ended.output).not.toContain("integrity");
    }
    const between = SERVICES.slice(2, -1);
    expect(await containerRuns(environment, between)).toEqual(before.slice(2, -1));
    for (const name of [SERVICES[4]?.container ?? "", newcomer])
      await expect(environment.docker.getContainer(name).inspect()).rejects.toThrow(/no such container/i);
    expectSuccess(await up(environment));
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
  });
});

describe("a file that changes while it is rolled out", () => {
  it("is reported, and the next up finishes it", async () => {
    const environment = await devEnvironment();
    await putNewToken(environment);
    // Observed before the gate looks: the gate notices a file that is written in between.
    const first = up(environment);
    const asked = (await environment.anthropic.requests()).at(-1)?.n ?? 0;
    const probing = async () =>
      (await environment.anthropic.requests(asked)).some(
        ({ listener, path }) => listener === "loopback" && path === "/v1/messages",
      );
    while (!(await probing())) await new Promise((resolve) => setTimeout(resolve, 20));
    const last = await putNewToken(environment);
    expect(expectSuccess(await first).output).toMatch(
      /has changed while [0-9a-f]{12} was rolled out; run `pulumi up` again/,
    );
    const seen = await preview(environment);
    expect(seen.output).toContain(`to ${last.sha256.slice(0, 12)} (setup-token`);
    expectSuccess(await up(environment));
    await expectRolledOut(environment, last);
  });
});
