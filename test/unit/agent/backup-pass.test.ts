/** Runs after a change of the credentials file, in memory. */
import { beforeEach, describe, expect, test } from "vitest";
import { AgentScene, HOUR } from "../../support/fakes/agent-scene.ts";

let scene: AgentScene;

beforeEach(() => {
  scene = new AgentScene();
});

describe("a change of the file", () => {
  test("is stored without an inference when the login was refreshed", async () => {
    await scene.loggedIn();
    scene.world.time += 9 * HOUR;
    scene.session();
    const asked = scene.world.questions.length;
    expect(await scene.start("backup")).toMatchObject({
      word: "INFO",
      class: "backup",
      backup: "written",
      exitCode: 0,
    });
    expect(scene.world.questions).toHaveLength(asked);
    expect(scene.storedLogin()).toEqual(scene.claude.home());
    expect(scene.status()).toMatchObject({
      class: "ok",
      reason: "proven",
      backup: { state: "written", written: 2 },
    });
    expect(await scene.start("backup")).toMatchObject({ report: undefined, exitCode: 0 });
  });

  test("starts one full run when a person signed in, or the login was blanked", async () => {
    await scene.loggedIn();
    scene.claude.signIn(scene.claude.login());
    expect(await scene.start("backup")).toMatchObject({ class: "ok", backup: "written", exitCode: 0 });
    scene.claude.revoke(scene.claude.home());
    scene.blank();
    expect(await scene.start("backup")).toMatchObject({ class: "auth-dead", exitCode: 0 });
    const runs = scene.world.journalled.length;
    expect(await scene.start("backup")).toMatchObject({ report: undefined, exitCode: 0 });
    expect(scene.world.journalled).toHaveLength(runs);
  });

  test("never stores a superseded login over a newer one", async () => {
    await scene.loggedIn();
    const old = scene.claude.home() ?? {};
    scene.world.time += 9 * HOUR;
    await scene.start();
    const newest = scene.storedLogin();
    scene.claude.signIn(old);
    expect(await scene.start("backup")).toMatchObject({ exitCode: 0 });
    expect(scene.storedLogin()).toEqual(newest);
    // The server refuses the old login, the CLI empties it, and Vault's newer login comes back.
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored" });
    expect(scene.claude.replays).toBe(0);
  });
});

describe("a superseded sign-in that came back", () => {
  const dropEnd = () => {
    const oauth = { ...scene.claude.home() };
    delete oauth["refreshTokenExpiresAt"];
    scene.claude.signIn(oauth);
  };
  test.each([
    ["the probe", () => undefined],
    ["a probe of a CLI that drops the end of the login", () => dropEnd()],
    ["a session", () => scene.session()],
  ])(
    "stays superseded when it is refreshed by %s, and never replaces the newer login in Vault",
    async (who, by) => {
      await scene.loggedIn();
      const old = scene.claude.home() ?? {};
      scene.claude.signIn(scene.claude.login());
      expect(await scene.start()).toMatchObject({ word: "OK", backup: "written" });
      const newest = scene.storedLogin();
      scene.claude.signIn(old);
      scene.world.time += 9 * HOUR;
      if (who === "a session") by();
      else {
        const answers = scene.world.cli;
        scene.world.cli = async (question) => {
          const end = await answers(question);
          by();
          return end;
        };
      }
      const words = [await scene.start(), await scene.start(), await scene.start("backup")].map(
        ({ backup }) => backup,
      );
      expect(scene.claude.home()?.["refreshToken"]).toBe("fake-refresh-3");
      expect(words).toEqual(["superseded", "superseded", undefined]);
      expect(scene.storedLogin()).toEqual(newest);
      const last = scene.claude.login();
      scene.claude.signIn(last);
      expect(await scene.start()).toMatchObject({ word: "OK", backup: "written" });
      const { refreshTokenExpiresAt } = last;
      expect(scene.storedLogin()).toEqual({ refreshTokenExpiresAt, ...scene.claude.home() });
    },
  );
});
