// A dead token is diagnosed and rotated by one command, from standard input to the comment on the issue.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { containerRuns } from "../support/environment/containers.ts";
import { restoreStack } from "../support/environment/pulumi.ts";
import { expectRolledOut } from "../support/environment/rollout.ts";
import {
  endTokens,
  environmentTokens,
  eventsOf,
  fleet,
  ISSUE,
  mintToken,
  openLaptop,
  outcomes,
  type Laptop,
} from "../support/environment/rotation.ts";
import { findSecrets } from "../support/environment/secrets.ts";
import { currentTokenFile } from "../support/environment/token-file.ts";

describe("a rotation", () => {
  let environment: DevEnvironment;
  let laptop: Laptop;
  let token: string;

  beforeAll(async () => {
    environment = await devEnvironment();
    await environment.anthropic.behaveWell();
    laptop = await openLaptop(environment);
  });
  afterAll(async () => {
    await laptop.github.close();
    await restoreStack(environment);
  });

  it("is asked for by a diagnosis once the token is dead", async () => {
    await endTokens(environment);
    const ended = await fleet(laptop, ["diagnose", "--json"]);
    expect(ended.code, ended.output).toBe(10);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      verdict: "dead",
      severity: "SEV2",
      next: "claude-fleet rotate platform",
    });
  });

  it("can be rehearsed, which changes nothing", async () => {
    const before = [await currentTokenFile(environment), await containerRuns(environment)];
    const ended = await fleet(laptop, ["rotate", "--dry-run"]);
    expect(ended.code, ended.output).toBe(0);
    expect(ended.stdout).toContain("would do roll-out: the gate, then one container after the other");
    expect([await currentTokenFile(environment), await containerRuns(environment)]).toEqual(before);
    await expect(readdir(laptop.folder)).rejects.toThrow("ENOENT");
  });

  it("brings a token from standard input to the five containers, proves it, reports it, and never shows it", async () => {
    token = await mintToken(environment);
    const ended = await fleet(laptop, ["rotate", "--source", "stdin", "--json"], token);
    expect(ended.code, ended.output).toBe(0);
    const events = eventsOf(ended);
    expect(outcomes(events)).toEqual(
      ["diagnose", "prerequisites", "obtain", "check", "deliver", "roll-out", "verify", "close"].map(
        (step) => `${step} done`,
      ),
    );
    const file = await currentTokenFile(environment);
    expect(file.content).toMatchObject({ claudeAiOauth: { accessToken: token, scopes: ["user:inference"] } });
    await expectRolledOut(environment, file);
    expect(await environmentTokens()).toEqual([token, token]);
    const [comment, ...others] = laptop.github.comments;
    expect(others).toEqual([]);
    expect(comment).toMatchObject({ issue: ISSUE, body: expect.stringContaining(file.sha256.slice(0, 12)) });
    expect(comment?.body).toContain("The former token");

    const left = await readdir(laptop.folder);
    expect(left).toEqual(["report.md"]);
    const report = await readFile(join(laptop.folder, "report.md"), "utf8");
    const secrets = [{ name: "the new token", value: token }];
    for (const text of [ended.output, report, comment?.body ?? ""])
      expect(findSecrets(text, secrets)).toEqual([]);
  });

  it("is not needed a second time, and is not done with the token that is there", async () => {
    const before = await containerRuns(environment);
    const needless = await fleet(laptop, ["rotate", "--source", "stdin", "--json"], token);
    expect(needless.code, needless.output).toBe(3);
    expect(needless.stdout).toContain("Every call succeeds.");
    const same = await fleet(laptop, ["rotate", "--source", "stdin", "--reason", "again"], token);
    expect(same.code, same.output).toBe(0);
    expect(same.stderr).toContain("This token is deployed already. Nothing was done.");
    expect(await containerRuns(environment)).toEqual(before);
    expect(laptop.github.comments).toHaveLength(1);
  });
});
