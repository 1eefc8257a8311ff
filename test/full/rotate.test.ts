// A rotation is killed, or fails, in every step. It says what is half done, and it goes on.
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { commandRuns } from "../support/environment/interrupted.ts";
import { leaksOfProcesses, watchProcesses } from "../support/environment/processes.ts";
import { expectSuccess, pulumi, restoreStack } from "../support/environment/pulumi.ts";
import { expectRolledOut } from "../support/environment/rollout.ts";
import {
  endTokens,
  environmentTokens,
  eventsOf,
  fleet,
  killRotation,
  mintToken,
  openLaptop,
  outcomes,
  type Laptop,
  type RotationEvent,
} from "../support/environment/rotation.ts";
import { currentTokenFile } from "../support/environment/token-file.ts";
import { startAlertmanager, type Alertmanager } from "../support/environment/alertmanager.ts";
import { withFullDisk } from "../support/environment/full-disk.ts";

const REASON = ["--reason", "a test"] as const;
const ROTATE = ["rotate", "--source", "stdin", "--json"] as const;

let environment: DevEnvironment;
let laptop: Laptop;
let token: string;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
});
beforeEach(async () => {
  laptop = await openLaptop(environment);
  await endTokens(environment);
  token = await mintToken(environment);
});
afterEach(async () => {
  await laptop.github.close();
});
afterAll(async () => {
  await restoreStack(environment);
});

/** Asserts that the token of this test is everywhere, and that the others were told once. */
async function expectRotated(): Promise<void> {
  const file = await currentTokenFile(environment);
  expect(file.content).toMatchObject({ claudeAiOauth: { accessToken: token } });
  await expectRolledOut(environment, file);
  expect(await environmentTokens()).toEqual([token, token]);
  expect(laptop.github.comments).toHaveLength(1);
}

const at =
  (step: string, state: string, message = "") =>
  (event: RotationEvent) =>
    event["step"] === step &&
    event["state"] === state &&
    (typeof event["message"] === "string" ? event["message"] : "").includes(message);

describe("killed by kill -9", () => {
  it.each<[string, (event: RotationEvent) => boolean, readonly string[]]>([
    ["while it diagnoses", at("diagnose", "begun"), []],
    ["before there is a lock", at("prerequisites", "begun"), []],
    ["once the token was read", at("obtain", "done"), ["obtain skipped"]],
    ["before the token is proven", at("check", "begun"), ["obtain skipped"]],
    ["before it is delivered", at("deliver", "begun"), ["obtain skipped"]],
    ["between file and environment", at("deliver", "progress", ".env"), ["obtain skipped", "check skipped"]],
    ["once it is delivered", at("deliver", "done"), ["obtain skipped", "deliver skipped"]],
    ["before it is verified", at("verify", "begun"), ["deliver skipped", "roll-out skipped"]],
    ["before the loop is closed", at("close", "begun"), ["deliver skipped", "roll-out skipped"]],
  ])("%s, it goes on", async (_, moment, skipped) => {
    await killRotation(laptop, token, moment);
    const ended = await fleet(laptop, ROTATE, token);
    expect(ended.code, ended.output).toBe(0);
    expect(outcomes(eventsOf(ended))).toEqual(expect.arrayContaining([...skipped]));
    await expectRotated();
  });

  it.each(["platform-gate", "backend-b2b-container"])(
    "while Pulumi is at %s, it says how the state is freed",
    async (name) => {
      await killRotation(laptop, token, at("roll-out", "progress", name));
      // It ends with its listener, at the next word that it has to say.
      await expect.poll(() => commandRuns("up --yes --skip-preview"), { timeout: 60_000 }).toBe(false);
      const locked = await fleet(laptop, ROTATE, token);
      expect(locked.code, locked.output).toBe(8);
      expect(locked.stdout).toContain("npx pulumi cancel --yes");
      expectSuccess(await pulumi(environment, ["cancel", "--yes"]));
      expectSuccess(
        await pulumi(environment, ["refresh", "--yes", "--skip-preview", "--clear-pending-creates"]),
      );
      const ended = await fleet(laptop, ROTATE, token);
      expect(ended.code, ended.output).toBe(0);
      await expectRotated();
    },
  );
});

describe("a failure", () => {
  it("of the way to the host changes nothing", async () => {
    const away = await openLaptop(environment, (entry) => ({
      ...entry,
      host: { ssh: "ssh://nobody@127.0.0.1:9" },
    }));
    try {
      const ended = await fleet(away, [...ROTATE, ...REASON], token);
      expect(ended.code, ended.output).toBe(1);
      expect(ended.stderr).toMatch(/127\.0\.0\.1.*nothing accepts ssh connections there/);
    } finally {
      await away.github.close();
    }
  });

  it("of the disk on the host, which is full, changes nothing and says so", async () => {
    const before = [await currentTokenFile(environment), await environmentTokens()];
    const ended = await withFullDisk(dirname(environment.tokenFile), () =>
      fleet(laptop, [...ROTATE, ...REASON], token),
    );
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.output).toMatch(/cannot be written \(ENOSPC\); .*space.* Nothing was changed\./);
    expect([await currentTokenFile(environment), await environmentTokens()]).toEqual(before);
    const again = await fleet(laptop, [...ROTATE, ...REASON], token);
    expect(again.code, again.output).toBe(0);
    await expectRotated();
  });

  it("of the token leaves it on this machine", async () => {
    await endTokens(environment);
    const before = await currentTokenFile(environment);
    const ended = await fleet(laptop, [...ROTATE, ...REASON], token);
    expect(ended.code, ended.output).toBe(6);
    expect(ended.stdout).toMatch(/The token was refused by the API .*Nothing has left this machine\./);
    expect(await currentTokenFile(environment)).toEqual(before);
  });

  it("of GitHub is said, hides nothing, and is made up for", async () => {
    laptop.github.failWith(503);
    const ended = await fleet(laptop, ROTATE, token);
    expect(ended.code, ended.output).toBe(10);
    expect(ended.stdout).toContain("GitHub answered 503");
    expect(ended.stdout).toContain(
      "The token is rotated; run `claude-fleet rotate` again to close the loop.",
    );
    laptop.github.failWith(undefined);
    const again = await fleet(laptop, ROTATE, token);
    expect(again.code, again.output).toBe(0);
    await expectRotated();
  });

  it("of the gateway stops before anybody is told that all is well", async () => {
    await killRotation(laptop, token, at("verify", "begun"));
    await environment.anthropic.behave({ messages: "529" });
    const ended = await fleet(laptop, ROTATE, token);
    expect(ended.code, ended.output).toBe(9);
    expect(laptop.github.comments).toEqual([]);
    await environment.anthropic.behaveWell();
    const again = await fleet(laptop, ROTATE, token);
    expect(again.code, again.output).toBe(0);
    await expectRotated();
  });

  it("to find a whole token on standard input asks for another, and quotes nothing", async () => {
    const ended = await fleet(laptop, ROTATE, token.slice(0, 79));
    expect(ended.code, ended.output).toBe(5);
    expect(ended.stdout).toContain("it was cut off");
    expect(ended.output).not.toContain(token.slice(13, 79));
  });
});

describe("two operators", () => {
  it("do not rotate the same token, unless one takes over", async () => {
    const other = await openLaptop(environment);
    try {
      await killRotation(laptop, token, at("deliver", "done"));
      const second = await mintToken(environment);
      const refused = await fleet(other, [...ROTATE, ...REASON], second);
      expect(refused.code, refused.output).toBe(11);
      expect(refused.stdout).toMatch(/\S+@\S+ rotates platform since .* --take-over/);
      token = second;
      const taken = await fleet(other, [...ROTATE, ...REASON, "--take-over"], second);
      expect(taken.code, taken.output).toBe(0);
      const late = await fleet(laptop, ROTATE, "");
      expect(late.code, late.output).not.toBe(0);
      expect((await currentTokenFile(environment)).content).toMatchObject({
        claudeAiOauth: { accessToken: second },
      });
    } finally {
      await other.github.close();
    }
  });
});

describe("the alert", () => {
  let alertmanager: Alertmanager;

  beforeAll(async () => {
    alertmanager = await startAlertmanager();
  });
  afterAll(async () => {
    await alertmanager.stop();
  });

  it("keeps the loop open until it is really clear, silenced or not", async () => {
    const alert = { alertmanager: alertmanager.url, name: "reauth_required", wait: "3s", poll: "1s" };
    const watched = await openLaptop(environment, (entry) => ({
      ...entry,
      rotation: { ...(entry["rotation"] as object), alert },
    }));
    try {
      await alertmanager.raise("reauth_required");
      await alertmanager.silence("reauth_required");
      const ended = await fleet(watched, ROTATE, token);
      expect(ended.code, ended.output).toBe(10);
      expect(ended.stdout).toContain("The alert reauth_required still fires after 3 s");
      await alertmanager.resolve("reauth_required");
      const again = await fleet(watched, ROTATE, token);
      expect(again.code, again.output).toBe(0);
      expect(again.stdout).toMatch(/the alert reauth_required (?:is clear|cleared within)/);
      expect(watched.github.comments).toHaveLength(1);
    } finally {
      await watched.github.close();
    }
  });
});

describe("the token", () => {
  it("is in no arguments and no variables, from standard input to the five containers", async () => {
    const stop = await watchProcesses();
    const ended = await fleet(laptop, ROTATE, token);
    const seen = await stop();
    expect(ended.code, ended.output).toBe(0);
    const operator = {
      token: { name: "the operator's Vault token", value: environment.vault.token },
      pid: process.pid,
    };
    expect(leaksOfProcesses(seen, [{ name: "the new token", value: token }], operator)).toEqual([]);
  });
});

describe("the way back", () => {
  it("returns to the former token everywhere while that still works", async () => {
    expect((await fleet(laptop, ROTATE, token)).code).toBe(0);
    const second = await mintToken(environment);
    expect((await fleet(laptop, [...ROTATE, ...REASON], second)).code).toBe(0);
    const ended = await fleet(laptop, ["rotate", "--back", "--json"]);
    expect(ended.code, ended.output).toBe(0);
    const file = await currentTokenFile(environment);
    expect(file.content).toMatchObject({ claudeAiOauth: { accessToken: token } });
    await expectRolledOut(environment, file);
    expect(await environmentTokens()).toEqual([token, token]);
  });
});

/** What a damaged journal leads to: said, never guessed. */
it("does not guess what a damaged journal meant", async () => {
  await killRotation(laptop, token, at("obtain", "done"));
  await writeFile(join(laptop.folder, "journal.json"), "{");
  const ended = await fleet(laptop, ROTATE, token);
  expect(ended.code, ended.output).toBe(1);
  expect(ended.stderr).toContain("Remove it, then start the rotation again.");
});
