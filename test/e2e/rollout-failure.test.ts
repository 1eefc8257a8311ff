// A rollout that fails on its way: what was not its turn is untouched, and every way on or back is one command.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { containerRuns, SERVICES } from "../support/environment/containers.ts";
import { saidOnce } from "../support/environment/messages.ts";
import { expectSuccess, restoreStack, up } from "../support/environment/pulumi.ts";
import { expectRolledOut, rollout, settingsWithSick } from "../support/environment/rollout.ts";
import {
  currentTokenFile,
  putNewToken,
  putTokenFile,
  type TokenFile,
} from "../support/environment/token-file.ts";

describe("a rollout that fails on its way", () => {
  let environment: DevEnvironment;
  let former: TokenFile;
  let fresh: TokenFile;

  beforeAll(async () => {
    environment = await devEnvironment();
    former = await currentTokenFile(environment);
  });
  afterAll(async () => {
    await putTokenFile(environment, (await currentTokenFile(environment)).content);
    await restoreStack(environment);
  });

  it("does not begin where --target leaves the gate out", async () => {
    fresh = await putNewToken(environment);
    const before = await containerRuns(environment);
    const ended = await up(environment, { args: ["--target", "**::platform/backend-b2b-container"] });
    expect(expectSuccess(ended).output).toContain(
      "token platform: the gate was left out of this run, so no container gets the new file",
    );
    expect(await containerRuns(environment)).toEqual(before);
  });

  it("stops at a container that does not get well, names it, and leaves those after it alone", async () => {
    const before = await containerRuns(environment);
    const ended = await up(environment, { configFile: await settingsWithSick(2) });
    expect(ended.code, ended.output).not.toBe(0);
    const third = SERVICES[2]?.container ?? "";
    expect(saidOnce(ended, third)).toMatch(
      /is not up after 10 s: running, health \w+, restarted 0 times; look at `docker logs .*The containers after it were not touched\.$/,
    );
    await expectRolledOut(environment, fresh, SERVICES.slice(0, 2));
    expect((await containerRuns(environment)).slice(3)).toEqual(before.slice(3));
  });

  it("is taken back by one command, by the same gate", async () => {
    const ended = expectSuccess(await rollout(environment, "--back"));
    const [from, to] = [fresh, former].map(({ sha256 }) => sha256.slice(0, 12));
    expect(ended.output).toContain(`${environment.tokenFile} is ${to} again (it was ${from})`);
    expect((await currentTokenFile(environment)).sha256).toBe(former.sha256);
    await expectRolledOut(environment, former);
  });

  it("stays where it is when the former token is dead, and says so", async () => {
    await environment.anthropic.revoke({ sha256: fresh.tokenSha256 });
    const before = await containerRuns(environment);
    const ended = await rollout(environment, "--back");
    expect(ended.code, ended.output).toBe(1);
    expect(ended.stderr).toMatch(
      new RegExp(
        `^error: this machine: The previous token ${fresh.sha256.slice(0, 12)} cannot be put back\\. The token was refused by the API .*The file is as it was, and no container was touched\\.$`,
        "m",
      ),
    );
    expect((await currentTokenFile(environment)).sha256).toBe(former.sha256);
    expect(await containerRuns(environment)).toEqual(before);
  });
});
