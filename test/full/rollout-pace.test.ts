// While a token is rolled out no two services are away at once, and one that will not end keeps only itself away.
import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awayTogether, type Gaps, watchAnswers } from "../../bench/availability.ts";
import { freePorts } from "../../bench/free-ports.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import {
  type ContainerEvent,
  downTogether,
  SERVICES,
  watchContainers,
} from "../support/environment/containers.ts";
import { expectSuccess, type PulumiRun, restoreStack, up } from "../support/environment/pulumi.ts";
import { expectRolledOut, settingsOfToken } from "../support/environment/rollout.ts";
import { tokensIn } from "../support/environment/secrets.ts";
import { currentTokenFile, putNewToken } from "../support/environment/token-file.ts";

/** Index of the service that ignores SIGTERM. */
const STUBBORN = 2;

describe("a rollout to services of which one ignores SIGTERM", () => {
  let environment: DevEnvironment;
  let configFile: string;
  let ports: ReadonlyMap<string, number>;

  beforeAll(async () => {
    environment = await devEnvironment();
    ports = await freePorts(SERVICES.map(({ service }) => service));
    configFile = await settingsOfToken((token) => ({
      ...token,
      rollout: { ...(token["rollout"] as object), gracePeriod: "3s", staleProcesses: "stop" },
      services: token.services.map((service, index) => ({
        ...service,
        environment: { ...service.environment, ...(index === STUBBORN ? { STOP: "never" } : {}) },
        ports: [{ internal: 8080, external: ports.get(SERVICES[index]?.service ?? "") }],
      })),
    }));
    expectSuccess(await up(environment, { configFile }));
  });
  afterAll(async () => {
    await restoreStack(environment);
  });

  it("keeps the others going, asked every 20 ms, and ends what outlives it with the former token", async () => {
    const former = await currentTokenFile(environment);
    const [secret] = tokensIn(JSON.stringify(former.content), "the containers");
    if (secret === undefined) throw new Error("The token file holds no token.");
    const runner = spawn("sleep", ["3600"], {
      env: { PATH: "/usr/bin:/bin", CLAUDE_CODE_OAUTH_TOKEN: secret.value },
      stdio: "ignore",
    });
    const runnerEnded = new Promise((resolve) => runner.once("exit", (_, signal) => resolve(signal)));

    const fresh = await putNewToken(environment);
    let ended: PulumiRun | undefined;
    let events: readonly ContainerEvent[] = [];
    const gaps: Gaps = await watchAnswers(ports, async () => {
      events = await watchContainers(environment, async () => {
        ended = expectSuccess(await up(environment, { configFile }));
      });
    });

    expect(awayTogether(gaps)).toBe(1);
    expect([...gaps].map(([service, list]) => [service, list.length])).toEqual(
      SERVICES.map(({ service }) => [service, 1]),
    );
    expect(events.filter(({ what }) => what === "down").map(({ container }) => container)).toEqual(
      SERVICES.map(({ container }) => container),
    );
    expect(downTogether(events)).toBe(1);
    await expectRolledOut(environment, fresh);

    expect(await runnerEnded).toBe("SIGTERM");
    expect(ended?.output).toContain(`process ${runner.pid} (sleep, uid 0, since `);
    expect(ended?.output).not.toContain(secret.value);
  });
});
