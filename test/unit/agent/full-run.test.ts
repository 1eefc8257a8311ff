/** Full runs in memory: which logins are proven, stored and reported. */
import { beforeEach, describe, expect, test } from "vitest";
import { userPlaces } from "../../../contract/agent-places.ts";
import { AgentScene, HOUR } from "../../support/fakes/agent-scene.ts";
import { DATA, HOME } from "../../support/fakes/fake-agent.ts";
import { error } from "../../support/fakes/fake-claude.ts";

const places = userPlaces(HOME);
let scene: AgentScene;

beforeEach(() => {
  scene = new AgentScene();
});

describe("a login that works", () => {
  test("is proven, verified and stored, as the status says", async () => {
    await scene.loggedIn();
    expect(scene.stored()).toMatchObject({ kind: "login", identity_email: "alice@example.com" });
    expect(JSON.stringify(scene.stored())).not.toContain("fake-mcp");
    expect(scene.status()).toMatchObject({
      class: "ok",
      reason: "proven",
      kind: "login",
      loginExpiryEstimated: false,
      backup: { state: "written", matches: true, written: 1 },
    });
    expect(await scene.start()).toMatchObject({ reason: "proven", backup: "unchanged" });
  });

  test("is refreshed after its access token has expired, and the successor is stored", async () => {
    await scene.loggedIn();
    scene.world.time += 9 * HOUR;
    expect(await scene.start()).toMatchObject({ reason: "refresh-proven", backup: "written" });
    expect(scene.storedLogin()).toEqual(scene.claude.home());
    expect(scene.status().lastRefreshProvenAt).not.toBeNull();
  });

  test("is a failure when it was accepted but not refreshed for twelve hours", async () => {
    await scene.loggedIn();
    const oauth = scene.claude.home();
    scene.world.time += 9 * HOUR;
    scene.claude.refreshFails = true;
    expect(await scene.start()).toMatchObject({
      word: "WARN",
      class: "ok",
      reason: "refresh-failing",
      exitCode: 0,
    });
    scene.world.time += 13 * HOUR;
    expect(await scene.start()).toMatchObject({
      word: "FAIL",
      class: "ok",
      reason: "refresh-failing",
      exitCode: 12,
    });
    expect(scene.claude.home()).toEqual(oauth);
  });

  test("of another person is not stored, and not later either", async () => {
    await scene.loggedIn();
    const before = scene.world.entries.get(DATA);
    scene.claude.signIn(scene.claude.login("mallory@example.com"));
    for (const mode of ["backup", "run", "backup"] as const) await scene.start(mode);
    expect(await scene.start()).toMatchObject({
      word: "FAIL",
      class: "ok",
      reason: "identity-mismatch",
      exitCode: 23,
    });
    expect((await scene.start()).why).toMatch(/mallory@example\.com.*alice@example\.com/);
    expect(scene.world.entries.get(DATA)).toEqual(before);
  });

  test("is verified again after it has replaced another person's login like a refresh", async () => {
    await scene.loggedIn();
    scene.claude.signIn(scene.claude.login("mallory@example.com"));
    expect(await scene.start()).toMatchObject({ word: "FAIL", backup: "identity-mismatch" });
    // A CLI of the former login overwrites the file with its own successor, and drops `refreshTokenExpiresAt`.
    scene.claude.signIn({ ...scene.claude.login(), refreshTokenExpiresAt: undefined });
    expect(await scene.start("backup")).toMatchObject({ exitCode: 0 });
    expect(await scene.start()).toMatchObject({ word: "OK", class: "ok", backup: "written" });
    expect(scene.stored()).toMatchObject({ identity_email: "alice@example.com" });
    expect(scene.storedLogin()).toEqual(scene.claude.home());
  });

  test("is held when its identity is unknown, which is no mismatch", async () => {
    scene.world.put(
      `${HOME}/.claude.json`,
      JSON.stringify({ oauthAccount: { emailAddress: "old@x", profileFetchedAt: 1 } }),
    );
    const answers = scene.world.cli;
    scene.world.cli = async (question) => {
      const end = await answers(question);
      if (question.configFolder !== undefined)
        scene.world.nodes.delete(`${question.configFolder}/.claude.json`);
      return end;
    };
    scene.claude.signIn(scene.claude.login());
    expect(await scene.start()).toMatchObject({
      word: "WARN",
      class: "ok",
      reason: "proven",
      backup: "held",
      exitCode: 0,
    });
    expect(scene.world.entries.size).toBe(0);
    scene.world.cli = answers;
    expect(await scene.start()).toMatchObject({ word: "OK", backup: "written" });
    expect(scene.filesIn(places.identity)).toEqual([]);
  });

  test("is stored as a setup-token with an estimated end, when setup-token made it", async () => {
    scene.claude.signIn(scene.claude.setupToken());
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "proven", backup: "written" });
    expect(scene.stored()).toMatchObject({ kind: "setup-token" });
    expect(scene.status()).toMatchObject({ kind: "setup-token", loginExpiryEstimated: true });
    scene.claude.revoke(scene.claude.home());
    expect(await scene.start()).toMatchObject({
      word: "FAIL",
      class: "auth-dead",
      reason: "setup-token-refused",
    });
    expect(scene.claude.home()?.["accessToken"]).toBe(scene.storedLogin()["accessToken"]);
  });
});

test("a shared token in the environment is a failure, and its value is stored nowhere", async () => {
  await scene.loggedIn();
  scene.world.put(`${HOME}/.profile`, "export CLAUDE_CODE_OAUTH_TOKEN='fake-shared-token'\n");
  expect(await scene.start()).toMatchObject({ word: "WARN", class: "ok", exitCode: 0 });
  scene.world.put("/etc/environment", "PATH=/bin\nCLAUDE_CODE_OAUTH_TOKEN=fake-shared-token\n");
  const report = await scene.start();
  expect(report).toMatchObject({ word: "FAIL", class: "ok", reason: "shared-token", exitCode: 24 });
  expect(report.why).toContain("/etc/environment");
  expect(JSON.stringify([report, scene.status(), scene.state(), scene.world.text(places.log)])).not.toContain(
    "fake-shared",
  );
});

test("a Vault token with too wide a mode is repaired and reported", async () => {
  await scene.loggedIn();
  scene.world.put(places.token, "fake-vault-token\n", 0o644);
  const report = await scene.start();
  expect(report).toMatchObject({ word: "WARN", class: "ok", exitCode: 0 });
  expect(report.why).toContain("0644");
  expect((await scene.world.files.state(places.token))?.mode).toBe(0o600);
  expect(await scene.start()).toMatchObject({ word: "OK" });
});

test("only the agent's own stale files are removed", async () => {
  scene.claude.signIn(scene.claude.login());
  const own = `${HOME}/.claude/.claude-auth-sync.0123456789ab.tmp`;
  const foreign = [`${HOME}/.claude/.credentials.json.0123456789ab.tmp`, `${HOME}/.claude/notes.tmp`];
  for (const path of [own, ...foreign]) scene.world.put(path, "x");
  await scene.start();
  expect(scene.world.text(own)).toBeUndefined();
  for (const path of foreign) expect(scene.world.text(path)).toBe("x");
});

test("an unknown answer is a failure in the third run in a row", async () => {
  await scene.loggedIn();
  scene.claude.api = error("words that no version has said", null);
  const words = [];
  for (let runs = 0; runs < 4; runs++) words.push((await scene.start()).word);
  expect(words).toEqual(["WARN", "WARN", "FAIL", "FAIL"]);
  scene.claude.api = undefined;
  expect(await scene.start()).toMatchObject({ word: "OK" });
});

test("a usage limit is never a success, and its reason is unproven after a day", async () => {
  await scene.loggedIn();
  const { lastSuccessAt } = scene.status();
  scene.claude.api = error("You've hit your weekly limit · resets Monday", 429);
  expect(await scene.start()).toMatchObject({ word: "WARN", class: "limit", reason: "usage", exitCode: 14 });
  scene.world.time += 25 * HOUR;
  scene.claude.api = error("You've hit your weekly limit · resets Monday", 429);
  expect(await scene.start()).toMatchObject({ word: "WARN", class: "limit", reason: "unproven" });
  expect(scene.status().lastSuccessAt).toBe(lastSuccessAt);
});
