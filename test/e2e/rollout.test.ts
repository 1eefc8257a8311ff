// The token rollout: a proven new token reaches the five containers one at a time, a refused one reaches none.
import { utimes } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { onWorkstation } from "../../dev/ssh.ts";
import {
  containerRuns,
  downTogether,
  mountedTokens,
  readInside,
  SERVICES,
  watchContainers,
} from "../support/environment/containers.ts";
import { saidOnce } from "../support/environment/messages.ts";
import { expectSuccess, type PulumiRun, preview, restoreStack, up } from "../support/environment/pulumi.ts";
import { expectRolledOut, replacedContainers, rolloutOperations } from "../support/environment/rollout.ts";
import { printed } from "../support/environment/run.ts";
import {
  currentTokenFile,
  putNewToken,
  putTokenFile,
  type TokenFile,
} from "../support/environment/token-file.ts";

describe("the token rollout", () => {
  let environment: DevEnvironment;
  let good: TokenFile;

  beforeAll(async () => {
    environment = await devEnvironment();
    good = await currentTokenFile(environment);
  });
  afterAll(async () => {
    await putTokenFile(environment, good.content);
    await restoreStack(environment);
  });

  it("has given each of the five its token, read-only, at its own target", async () => {
    await expectRolledOut(environment, good);
  });

  it("replaces exactly the five, one at a time and in order, by a token that the API has taken", async () => {
    const before = await containerRuns(environment);
    const asked = await environment.anthropic.requests();
    const fresh = await putNewToken(environment);
    const [from, to] = [good, fresh].map(({ sha256 }) => sha256.slice(0, 12));
    const order = SERVICES.map(({ service }) => service).join(", ");
    expect(expectSuccess(await preview(environment)).output).toMatch(
      new RegExp(`auth\\.json changes from ${from} to ${to} \\(setup-token, .*one at a time: ${order}`),
    );
    let ended: PulumiRun | undefined;
    const events = await watchContainers(environment, async () => {
      ended = expectSuccess(await up(environment));
    });

    expect(replacedContainers(ended)).toEqual(SERVICES.map(({ service }) => `platform/${service}-container`));
    expect(events.filter(({ what }) => what === "down")).toEqual(
      SERVICES.map(({ container }) => ({ container, what: "down" })),
    );
    expect(downTogether(events)).toBe(1);
    await expectRolledOut(environment, fresh);
    const after = await containerRuns(environment);
    expect(after.filter(({ id }) => before.some((run) => run.id === id))).toEqual([]);

    const calls = (await environment.anthropic.requests(asked.at(-1)?.n ?? 0)).filter(
      ({ credential }) => credential?.sha256 === fresh.tokenSha256,
    );
    expect(calls).toContainEqual(
      expect.objectContaining({ listener: "loopback", path: "/v1/messages", status: 200 }),
    );
    good = fresh;
  });

  it("replaces none when the file was only touched", async () => {
    const before = await containerRuns(environment);
    const now = new Date();
    await utimes(environment.tokenFile, now, now);
    expect(rolloutOperations(expectSuccess(await up(environment)))).toEqual([]);
    expect(await containerRuns(environment)).toEqual(before);
  });

  it("replaces no container for a token that the API refuses, and repairs everything else", async () => {
    const before = await containerRuns(environment);
    const asked = await environment.anthropic.requests();
    const refused = await putNewToken(environment, { revoked: true });
    await onWorkstation("systemctl stop claude-auth-sync@alice.timer");

    const ended = await up(environment);
    expect(ended.code, ended.output).not.toBe(0);
    const said = saidOnce(ended, environment.tokenFile);
    expect(said).toMatch(
      /The token was refused by the API \(.*\); make a fresh one, and put it in the file's place\. No container was touched\.$/,
    );
    expect(await containerRuns(environment)).toEqual(before);
    const calls = await environment.anthropic.requests(asked.at(-1)?.n ?? 0);
    expect(calls.filter(({ credential }) => credential?.sha256 === refused.tokenSha256)).toContainEqual(
      expect.objectContaining({ listener: "loopback", path: "/v1/messages", status: 403 }),
    );
    expect((await onWorkstation("systemctl is-active claude-auth-sync@alice.timer")).trim()).toBe("active");
  });

  it("leaves the former token to a container that is restarted while the refused file lies there", async () => {
    const [first] = SERVICES;
    if (first === undefined) throw new Error("There are five services.");
    const env = { ...process.env, ...environment.variables };
    await printed("docker", ["restart", first.container], { env });
    expect(await readInside(environment, first.container, first.target)).toBe(good.sha256);
  });

  it("is clean again with the good file in its place, and touches no container", async () => {
    await putTokenFile(environment, good.content);
    const before = await containerRuns(environment);
    expect(rolloutOperations(expectSuccess(await up(environment)))).toEqual([]);
    expect(await containerRuns(environment)).toEqual(before);
    await expect
      .poll(() => mountedTokens(environment), { timeout: 60_000 })
      .toMatchObject(SERVICES.map(() => ({ health: "healthy", sha256: good.sha256 })));
  });
});
