/** Restores in memory: how a login comes back, and which logins are never used. */
import { beforeEach, describe, expect, test } from "vitest";
import { userPlaces } from "../../../../contract/agent-places.ts";
import { AgentScene, HOUR } from "../../../support/fakes/agent-scene.ts";
import { DATA, HOME, fakeConfig } from "../../../support/fakes/fake-agent.ts";
import { CREDENTIALS, error } from "../../../support/fakes/fake-claude.ts";
import { Killed } from "../../../support/fakes/fake-world.ts";
import type { KvEntry } from "../../../../lib/vault-kv-schema.ts";

const places = userPlaces(HOME);
const ROLLED_BACK = { word: "WARN", backup: "rolled-back" };
let scene: AgentScene;

beforeEach(() => {
  scene = new AgentScene();
});

/** Restores a login that was refreshed once. `happens` right after Vault's login was written into the folder. */
async function restoreWhile(happens: (former: KvEntry | undefined) => void) {
  await scene.loggedIn();
  const former = scene.world.entries.get(DATA);
  scene.world.time += 9 * HOUR;
  await scene.start();
  scene.world.nodes.delete(CREDENTIALS);
  const rename = scene.world.files.rename.bind(scene.world.files);
  scene.world.files.rename = async (from, to) => {
    await rename(from, to);
    if (to !== `${places.scratch}/.credentials.json`) return;
    scene.world.files.rename = rename;
    happens(former);
  };
  return scene.start();
}

describe("the restore", () => {
  test.each([
    ["emptied", () => scene.blank()],
    ["removed", () => scene.world.nodes.delete(CREDENTIALS)],
    ["corrupt", () => scene.world.put(CREDENTIALS, '{"claudeAiOauth": "fake')],
  ])("brings back a login that was %s, refreshes it, and changes nothing else", async (kind, lose) => {
    await scene.loggedIn();
    lose();
    expect(await scene.start()).toMatchObject({
      word: "OK",
      class: "ok",
      reason: "restored",
      backup: "written",
    });
    expect(scene.claude.home()?.["refreshToken"]).toBe("fake-refresh-2");
    expect(scene.storedLogin()).toEqual(scene.claude.home());
    if (kind === "emptied") expect(scene.world.text(CREDENTIALS)).toContain("fake-mcp");
    if (kind === "corrupt") expect(scene.world.text(places.corrupt)).toContain("fake");
    expect(scene.stored()["tried"]).toHaveLength(1);
    expect(scene.filesIn(places.scratch)).toEqual([]);
    expect(scene.status()).toMatchObject({ restores: 1, word: "OK" });
    expect([...scene.world.nodes.keys()].filter((path) => path.endsWith(".lock"))).toEqual([]);
    expect(await scene.start()).toMatchObject({ reason: "proven", backup: "unchanged" });
    expect(scene.claude.replays).toBe(0);
  });

  test("uses no login that was refused", async () => {
    await scene.loggedIn();
    scene.claude.revoke(scene.claude.home());
    expect(await scene.start()).toMatchObject({
      word: "FAIL",
      class: "auth-dead",
      reason: "refused",
      exitCode: 10,
    });
    const asked = scene.world.questions.length;
    for (let runs = 0; runs < 3; runs++)
      expect(await scene.start()).toMatchObject({ reason: "blanked", exitCode: 10 });
    expect(scene.world.questions).toHaveLength(asked);
    expect((await scene.start()).why).toContain(
      "claude auth login --claudeai --sso --email alice@example.com",
    );
  });

  test("ends in FAIL when Vault's login is refused, too, and never uses it again", async () => {
    await scene.loggedIn();
    const lost = scene.claude.home();
    scene.blank();
    scene.claude.revoke(lost);
    expect(await scene.start()).toMatchObject({ word: "FAIL", reason: "restore-refused" });
    const asked = scene.world.questions.length;
    expect(await scene.start()).toMatchObject({ word: "FAIL", reason: "blanked" });
    expect(scene.world.questions).toHaveLength(asked);
    expect(scene.filesIn(places.scratch)).toEqual([]);
  });

  test("continues from its folder after a failed refresh, never from Vault", async () => {
    await scene.loggedIn();
    scene.blank();
    scene.claude.refreshFails = true;
    expect(await scene.start()).toMatchObject({ word: "FAIL", reason: "restore-pending" });
    // The restore does not wait for Vault: the retry of pending backups does not touch it.
    expect(await scene.start("backup")).toMatchObject({ report: undefined, exitCode: 0 });
    const entry = scene.world.entries.get(DATA);
    scene.world.entries.set(DATA, { data: { ...entry?.data, claude_ai_oauth_json: "{}" }, version: 9 });
    scene.claude.refreshFails = false;
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored" });
    expect(scene.claude.replays).toBe(0);
  });

  test("asks no CLI while its successor could not be stored", async () => {
    await scene.loggedIn();
    scene.blank();
    scene.claude.refreshFails = true;
    expect(await scene.start()).toMatchObject({ reason: "restore-pending" });
    scene.claude.refreshFails = false;
    const asked = scene.world.questions.length;
    const create = scene.world.files.create.bind(scene.world.files);
    scene.world.files.create = (path, text) =>
      path.startsWith(`${places.scratch}/`)
        ? Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }))
        : create(path, text);
    const report = await scene.start();
    expect(report).toMatchObject({ word: "FAIL", reason: "restore-pending" });
    expect(report.why).toContain("ENOSPC");
    expect(scene.world.questions).toHaveLength(asked);
    scene.world.files.create = create;
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored" });
  });

  test.each([
    ["the home loses it", () => scene.world.nodes.delete(CREDENTIALS), "restored"],
    ["another person signs in and out there", signInAndOut, "restored"],
  ])("keeps its login until Vault has it, too, although %s meanwhile", async (_, happens, reason) => {
    await scene.loggedIn();
    scene.blank();
    const answers = scene.world.cli;
    scene.world.cli = (question) => {
      const end = answers(question);
      if (question.configFolder === places.scratch) scene.world.vaultFails = { kind: "sealed" };
      return end;
    };
    expect(await scene.start()).toMatchObject({ reason: "restored", backup: "pending" });
    scene.world.cli = answers;
    const restored = scene.claude.home();
    await happens();
    scene.world.vaultFails = undefined;
    expect(await scene.start()).toMatchObject({ word: "OK", reason });
    expect(scene.claude.home()).toMatchObject({ refreshTokenExpiresAt: restored?.["refreshTokenExpiresAt"] });
    expect(scene.storedLogin()).toEqual(scene.claude.home());
    expect(scene.claude.replays).toBe(0);
    expect(scene.filesIn(places.scratch)).toEqual([]);
  });

  async function signInAndOut() {
    scene.claude.signIn(scene.claude.login("somebody.else@example.com"));
    expect(await scene.start()).toMatchObject({ backup: "identity-mismatch" });
    scene.world.nodes.delete(CREDENTIALS);
  }

  test("waits for Vault, and the report names both troubles", async () => {
    await scene.loggedIn();
    scene.blank();
    scene.world.vaultFails = { kind: "sealed" };
    const report = await scene.start();
    expect(report).toMatchObject({ word: "FAIL", reason: "restore-pending" });
    expect(report.why).toMatch(/emptied.*sealed.*claude auth login/);
    expect(await scene.start("backup")).toMatchObject({ exitCode: 75 });
    scene.world.vaultFails = undefined;
    expect(await scene.start("backup")).toMatchObject({ exitCode: 0, reason: "restored" });
    expect(scene.world.text(places.pending)).toBeUndefined();
  });

  test("proves the login of a person who signs in meanwhile", async () => {
    await scene.loggedIn();
    scene.blank();
    const theirs = scene.claude.login();
    const answers = scene.world.cli;
    scene.world.cli = (question) => {
      const end = answers(question);
      if (question.configFolder === places.scratch) scene.claude.signIn(theirs);
      return end;
    };
    expect(await scene.start()).toMatchObject({ word: "OK", class: "ok", reason: "proven" });
    expect(scene.claude.home()).toEqual(theirs);
    expect(scene.storedLogin()).toEqual(theirs);
    expect(scene.state().restore).toBeNull();
  });

  test.each([
    [
      "stores a server's login",
      () =>
        scene.world.put(CREDENTIALS, (scene.world.text(CREDENTIALS) ?? "").replace("fake-mcp", "fake-mcp-2")),
    ],
    ["is another sign-in", () => scene.claude.signIn(scene.claude.login())],
  ])("waits for a write that %s without a refresh lock, and does not undo it", async (_, write) => {
    await scene.loggedIn();
    scene.blank();
    const lock = `${HOME}/.claude/.storage-write.lock`;
    scene.world.nodes.set(lock, { kind: "directory", mtimeMs: scene.world.time });
    let written: string | undefined;
    const answers = scene.world.cli;
    scene.world.cli = (question) => {
      const happens = () => {
        write();
        written = scene.world.text(CREDENTIALS);
        scene.world.nodes.delete(lock);
      };
      if (question.configFolder === places.scratch)
        scene.world.later.push({ at: scene.world.time + 500, happens });
      return answers(question);
    };
    const { reason } = await scene.start();
    expect(written).toBeDefined();
    expect(scene.world.text(CREDENTIALS)).toBe(written);
    scene.world.cli = answers;
    expect(await scene.start()).toMatchObject({ word: "OK", class: "ok" });
    expect(reason).toBe(written?.includes("fake-mcp-2") === true ? "restore-pending" : "proven");
    if (reason === "restore-pending") expect(scene.world.text(CREDENTIALS)).toContain("fake-mcp-2");
    expect(scene.storedLogin()).toEqual(scene.claude.home());
    expect(scene.claude.replays).toBe(0);
  });

  test.each([
    ["the run is killed meanwhile", true],
    ["the CLI answers", false],
  ])("never uses a login that a probe may have used up unseen, when %s", async (_, ends) => {
    await scene.loggedIn();
    scene.world.time += 9 * HOUR;
    const answers = scene.world.cli;
    scene.world.cli = (question) => {
      const end = answers(question);
      scene.world.nodes.delete(CREDENTIALS);
      if (ends) scene.world.killAt = scene.world.effects.length;
      return end;
    };
    if (ends) await expect(scene.start()).rejects.toThrow(Killed);
    else expect(await scene.start()).toMatchObject({ class: "unknown" });
    scene.world.cli = answers;
    scene.world.reborn();
    const asked = scene.world.questions.length;
    const report = await scene.start();
    expect(report).toMatchObject({ word: "FAIL", class: "auth-dead", reason: "gone" });
    expect(report.why).toContain("may have used up");
    expect(scene.world.questions).toHaveLength(asked);
    scene.claude.signIn(scene.claude.login());
    expect(await scene.start()).toMatchObject({ word: "OK", backup: "written" });
  });

  test("uses a login that a probe left unchanged", async () => {
    await scene.loggedIn();
    expect(scene.state().maybeConsumed).toBeNull();
    scene.world.nodes.delete(CREDENTIALS);
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored" });
  });

  test.each([
    ["to an older login", (former: KvEntry | undefined) => former, ROLLED_BACK],
    [
      "to an entry without a login",
      () => ({ data: { machine_id: fakeConfig.machineId }, version: 1 }),
      ROLLED_BACK,
    ],
    // That looks like an entry that an operator has deleted.
    ["to before the entry", () => undefined, { word: "OK", backup: "written" }],
  ])(
    "keeps the only copy when Vault is rolled back %s before the login is recorded as tried",
    async (_, back, expected) => {
      const report = await restoreWhile((former) => {
        const entry = back(former);
        if (entry === undefined) scene.world.entries.delete(DATA);
        else scene.world.entries.set(DATA, entry);
      });
      expect(report).toMatchObject({ reason: "restored", ...expected });
      expect(scene.claude.home()?.["refreshToken"]).toBe("fake-refresh-3");
      expect(scene.storedLogin()).toEqual(scene.claude.home());
      expect(scene.claude.replays).toBe(0);
    },
  );

  test("removes its folder when Vault holds a newer login before its own is recorded as tried", async () => {
    const report = await restoreWhile(() => {
      const newer = scene.claude.login();
      const data = { ...scene.stored(), claude_ai_oauth_json: JSON.stringify(newer) };
      scene.world.entries.set(DATA, { data, version: 9 });
    });
    expect(report).toMatchObject({ word: "FAIL", reason: "gone" });
    expect(scene.filesIn(places.scratch)).toEqual([]);
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored" });
    expect(scene.claude.replays).toBe(0);
  });

  test("stores its successor in the agent state before the home has it, so that a kill leads to no replay", async () => {
    await scene.loggedIn();
    const former = scene.state().login?.fingerprints[0];
    scene.blank();
    scene.world.effects.length = 0;
    const rename = scene.world.files.rename.bind(scene.world.files);
    scene.world.files.rename = async (from, to) => {
      await rename(from, to);
      if (to === CREDENTIALS) scene.world.killAt = scene.world.effects.length;
    };
    await expect(scene.start()).rejects.toThrow(Killed);
    scene.world.files.rename = rename;
    scene.world.reborn();
    expect(scene.state()).toMatchObject({ restore: { stage: "refreshed" }, superseded: [former] });
    expect(scene.state().login?.fingerprints).toHaveLength(2);
    // The user's own CLI uses the login until the server revokes it.
    scene.world.time += 9 * HOUR;
    scene.session();
    await scene.start("backup");
    scene.claude.revoke(scene.claude.home());
    scene.session();
    expect(await scene.start()).toMatchObject({ word: "FAIL", class: "auth-dead" });
    expect(scene.claude.replays).toBe(0);
    expect(scene.filesIn(places.scratch)).toEqual([]);
  });

  test("uses no entry of a rolled-back Vault, and the next login overwrites it", async () => {
    await scene.loggedIn();
    const old = scene.world.entries.get(DATA);
    scene.world.time += 9 * HOUR;
    await scene.start();
    if (old === undefined) throw new Error("nothing was stored");
    scene.world.entries.set(DATA, old);
    const current = scene.claude.home() ?? {};
    scene.blank();
    expect(await scene.start()).toMatchObject({ word: "FAIL", reason: "blanked" });
    scene.claude.signIn(current);
    expect(await scene.start()).toMatchObject({ word: "WARN", class: "ok", backup: "rolled-back" });
    expect(scene.storedLogin()).toEqual(current);
  });

  test.each([
    ["limit", error("You've hit your session limit · resets 3:34am (UTC)", 429)],
    ["transient", error("API Error: 529 Overloaded.", 529)],
    ["transient", error("Request timed out", null)],
    ["lock", error("Failed to refresh OAuth token: another Claude Code process is refreshing it", null)],
    ["unknown", error("words that no version has said", null)],
    ["org-policy", error("Credit balance is too low", 400)],
    ["tooling", error("Not logged in · Please run /login", null)],
    [
      "tooling",
      { kind: "ended", code: 1, signal: null, stdout: "", stderr: "error: unknown option" } as const,
    ],
    ["interrupted", { kind: "ended", code: null, signal: "SIGKILL", stdout: "", stderr: "" } as const],
  ])("does not start after %s", async (expected, end) => {
    await scene.loggedIn();
    const home = scene.world.text(CREDENTIALS);
    const before = scene.world.entries.get(DATA);
    scene.claude.api = end;
    expect(await scene.start()).toMatchObject({ class: expected });
    expect(scene.world.text(CREDENTIALS)).toBe(home);
    expect(scene.world.entries.get(DATA)).toEqual(before);
    expect(scene.world.questions.every(({ configFolder }) => configFolder !== places.scratch)).toBe(true);
  });
});
