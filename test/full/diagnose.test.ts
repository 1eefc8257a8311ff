// Every state that a diagnosis tells apart, made on the real parts of the environment.
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BehaviourRule } from "../../dev/stand-ins/anthropic/behaviours.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { environmentFile, failedTasksFile } from "../../dev/token-host.ts";
import { restoreStack } from "../support/environment/pulumi.ts";
import {
  endTokens,
  fleet,
  mintToken,
  openLaptop,
  tellGateway,
  type Laptop,
} from "../support/environment/rotation.ts";
import {
  currentTokenFile,
  putNewToken,
  putTokenFile,
  type TokenFile,
} from "../support/environment/token-file.ts";

const NOISE = "llm_auth_refresh_token_revoked attempt=1";

describe("a diagnosis", () => {
  let environment: DevEnvironment;
  let laptop: Laptop;
  let good: TokenFile;
  let variables: string;

  beforeAll(async () => {
    environment = await devEnvironment();
    laptop = await openLaptop(environment);
  });
  beforeEach(async () => {
    // Containers that have not said anything yet, and a token that lives.
    const ended = await fleet(
      laptop,
      ["rotate", "--source", "stdin", "--reason", "a test"],
      await mintToken(environment),
    );
    expect(ended.code, ended.output).toBe(0);
    good = await currentTokenFile(environment);
    variables = await readFile(environmentFile, "utf8");
  });
  afterEach(async () => {
    await environment.anthropic.behaveWell();
    await putTokenFile(environment, good.content);
    await writeFile(environmentFile, variables);
    await rm(failedTasksFile, { force: true });
  });
  afterAll(async () => {
    await laptop.github.close();
    await restoreStack(environment);
  });

  async function expectVerdict(verdict: string, code: number, next?: string): Promise<void> {
    const ended = await fleet(laptop, ["diagnose", "--json"]);
    expect(JSON.parse(ended.stdout), ended.output).toMatchObject({
      verdict,
      ...(next === undefined ? {} : { next }),
    });
    expect(ended.code).toBe(code);
  }

  it("takes the failing refresh for noise, however often it is logged", async () => {
    await expectVerdict("healthy", 0);
    for (let line = 0; line < 20; line++) await tellGateway(laptop, { say: NOISE });
    await expectVerdict("refresh-noise", 0);
  });

  it("tells a dead token whose calls are paid for from one that fails them", async () => {
    await endTokens(environment);
    await tellGateway(laptop, { say: NOISE });
    await expectVerdict("dead", 10, "claude-fleet rotate platform");
    await tellGateway(laptop, { fallback: true });
    await appendFile(environmentFile, "ANTHROPIC_FALLBACK_KEY=fake-billable-key\n");
    await expectVerdict("dead-on-fallback", 11, "claude-fleet rotate platform");
  });

  it("mints nothing where the file is good and containers have another", async () => {
    await putNewToken(environment);
    await expectVerdict("stale-containers", 12, "claude-fleet rollout platform");
  });

  it("mints nothing where only what services have cached is refused", async () => {
    await writeFile(failedTasksFile, "3\n");
    await expectVerdict("rotated-quietly", 13);
  });

  it("goes back where the file is spoilt and services go on", async () => {
    await putNewToken(environment, { revoked: true });
    await expectVerdict("bad-candidate", 17, "claude-fleet rollout platform --back");
  });

  it.each<[BehaviourRule["messages"], string, number]>([
    ["429-usage", "limit", 14],
    ["529", "upstream", 15],
  ])("tells %s from a dead token", async (messages, verdict, code) => {
    await environment.anthropic.behave({ messages });
    await expectVerdict(verdict, code);
  });

  it("tells a broken gateway from a dead token", async () => {
    await tellGateway(laptop, { gateway: "broken" });
    await expectVerdict("not-the-token", 16);
  });
});
