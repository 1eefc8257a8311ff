/** Whole runs in a world in memory, with a model of the CLI and its server: what is done, in which order, and what never. */
import { beforeEach, describe, expect, test } from "vitest";
import type { AgentConfig } from "../../../agent/config.ts";
import { parseAgentState } from "../../../contract/agent-state.ts";
import { userPlaces } from "../../../contract/agent-places.ts";
import { runAgent, type Mode } from "../../../agent/run.ts";
import { agentStatus } from "../../../contract/agent-status.ts";
import type { KvEntry } from "../../../lib/vault-client.ts";
import { CREDENTIALS, error, FakeClaude } from "../../support/fakes/fake-claude.ts";
import { DATA, fakeConfig, HOME } from "../../support/fakes/fake-agent.ts";
import { FakeWorld, Killed } from "../../support/fakes/fake-world.ts";

const places = userPlaces(HOME);
const HOUR = 3_600_000;
let world: FakeWorld;
let claude: FakeClaude;

beforeEach(() => {
  world = new FakeWorld();
  claude = new FakeClaude(world);
});

async function start(mode: Mode = "run", config: AgentConfig = fakeConfig) {
  const end = await runAgent(world, config, mode);
  return { ...end.report, ...end };
}
const status = () => agentStatus.parse(JSON.parse(world.text(places.status) ?? "null"));
const state = () => parseAgentState(world.text(places.agentState) ?? "");
const stored = () => world.entries.get(DATA)?.data ?? {};
const storedLogin = () => JSON.parse(String(stored()["claude_ai_oauth_json"])) as Record<string, unknown>;
const files = () => [...world.nodes].filter(([, node]) => node.kind === "file").map(([path]) => path);
const blank = () => claude.signIn({ ...claude.home(), accessToken: "", refreshToken: "", expiresAt: 0 });

async function loggedIn() {
  claude.signIn(claude.login());
  expect(await start()).toMatchObject({ word: "OK", backup: "written", exitCode: 0 });
}

/** The disk under the home is full until what is returned is called. */
function fillDisk(): () => void {
  const create = world.files.create.bind(world.files);
  const append = world.files.append.bind(world.files);
  const full = () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
  world.files.create = full;
  world.files.append = full;
  return () => Object.assign(world.files, { create, append });
}

describe("a login on a disk that is full", () => {
  /** A session has stored its successor in the last room there was. */
  async function refreshedUnseen() {
    await loggedIn();
    const former = claude.home();
    world.time += 9 * HOUR;
    claude.run({ path: "claude", configFolder: undefined });
    const empty = fillDisk();
    return { former, empty };
  }

  test("is stored all the same, and the journal says what is the matter", async () => {
    const { empty } = await refreshedUnseen();
    expect(await start()).toMatchObject({ word: "FAIL", reason: "not-storable", backup: "written" });
    expect(storedLogin()).toEqual(claude.home());
    expect(world.journalled.at(-1)?.message).toMatch(
      /^FAIL user=alice class=tooling reason=not-storable .*full/,
    );
    empty();
    expect(await start()).toMatchObject({ word: "OK", backup: "unchanged" });
  });

  test("is no success in the figures any more, once there is room for those", async () => {
    await loggedIn();
    const lock = world.lock.bind(world);
    world.lock = () => Promise.reject(new Error("The lock cannot be opened."));
    expect(await start()).toMatchObject({ word: "FAIL", reason: "home" });
    expect(status()).toMatchObject({
      class: "tooling",
      reason: "home",
      exitCode: 17,
      failingSince: world.time,
    });
    world.lock = lock;
    expect(await start()).toMatchObject({ word: "OK" });
    expect(status()).toMatchObject({ class: "ok", failingSince: null });
  });

  test("comes back from Vault when the home loses it before there is room again", async () => {
    const { empty } = await refreshedUnseen();
    await start("backup");
    empty();
    world.nodes.delete(CREDENTIALS);
    expect(await start()).toMatchObject({ word: "OK", reason: "restored" });
    expect(claude.replays).toBe(0);
  });

  test("is not overwritten in Vault by the one before it, which a power cut brings back", async () => {
    const { former, empty } = await refreshedUnseen();
    await start("backup");
    empty();
    const stored = storedLogin();
    claude.signIn({ ...former, expiresAt: world.time + HOUR });
    expect(await start("backup")).toMatchObject({ exitCode: 0 });
    expect(storedLogin()).toEqual(stored);
  });

  test("is not restored once its successor was seen", async () => {
    const { empty } = await refreshedUnseen();
    await start("backup");
    empty();
    world.time += 9 * HOUR;
    claude.run({ path: "claude", configFolder: undefined });
    world.vaultFails = { kind: "sealed" };
    await start("backup");
    world.nodes.delete(CREDENTIALS);
    world.vaultFails = undefined;
    expect(await start()).toMatchObject({ word: "FAIL", reason: "gone" });
    expect(claude.replays).toBe(0);
  });
});

describe("a login that works", () => {
  test("is proven, verified and stored; the status says so", async () => {
    await loggedIn();
    expect(stored()).toMatchObject({ kind: "login", identity_email: "alice@example.com" });
    expect(JSON.stringify(stored())).not.toContain("fake-mcp");
    expect(status()).toMatchObject({
      class: "ok",
      reason: "proven",
      kind: "login",
      loginExpiryEstimated: false,
      backup: { state: "written", matches: true, written: 1 },
    });
    expect(await start()).toMatchObject({ reason: "proven", backup: "unchanged" });
  });

  test("whose access token is over its time is refreshed, and the successor stored", async () => {
    await loggedIn();
    world.time += 9 * HOUR;
    expect(await start()).toMatchObject({ reason: "refresh-proven", backup: "written" });
    expect(storedLogin()).toEqual(claude.home());
    expect(status().lastRefreshProvenAt).not.toBeNull();
  });

  test("that refreshes no more, though it is accepted, is a failure after twelve hours", async () => {
    await loggedIn();
    const oauth = claude.home();
    world.time += 9 * HOUR;
    claude.refreshFails = true;
    expect(await start()).toMatchObject({
      word: "WARN",
      class: "ok",
      reason: "refresh-failing",
      exitCode: 0,
    });
    world.time += 13 * HOUR;
    expect(await start()).toMatchObject({
      word: "FAIL",
      class: "ok",
      reason: "refresh-failing",
      exitCode: 12,
    });
    expect(claude.home()).toEqual(oauth);
  });

  test("of somebody else is neither stored nor does it become so later", async () => {
    await loggedIn();
    const before = world.entries.get(DATA);
    claude.signIn(claude.login("mallory@example.com"));
    for (const mode of ["backup", "run", "backup"] as const) await start(mode);
    expect(await start()).toMatchObject({
      word: "FAIL",
      class: "ok",
      reason: "identity-mismatch",
      exitCode: 23,
    });
    expect((await start()).why).toMatch(/mallory@example\.com.*alice@example\.com/);
    expect(world.entries.get(DATA)).toEqual(before);
  });

  test("of somebody else, which the former one has replaced like a refresh of it, is looked at again", async () => {
    await loggedIn();
    claude.signIn(claude.login("mallory@example.com"));
    expect(await start()).toMatchObject({ word: "FAIL", backup: "identity-mismatch" });
    // A CLI of the former login overwrites the file by its own successor, without the end of the login.
    claude.signIn({ ...claude.login(), refreshTokenExpiresAt: undefined });
    expect(await start("backup")).toMatchObject({ exitCode: 0 });
    expect(await start()).toMatchObject({ word: "OK", class: "ok", backup: "written" });
    expect(stored()).toMatchObject({ identity_email: "alice@example.com" });
    expect(storedLogin()).toEqual(claude.home());
  });

  test("whose identity cannot be found out is held, which is no mismatch", async () => {
    world.put(
      `${HOME}/.claude.json`,
      JSON.stringify({ oauthAccount: { emailAddress: "old@x", profileFetchedAt: 1 } }),
    );
    const answers = world.cli;
    world.cli = async (question) => {
      const end = await answers(question);
      if (question.configFolder !== undefined) world.nodes.delete(`${question.configFolder}/.claude.json`);
      return end;
    };
    claude.signIn(claude.login());
    expect(await start()).toMatchObject({
      word: "WARN",
      class: "ok",
      reason: "proven",
      backup: "held",
      exitCode: 0,
    });
    expect(world.entries.size).toBe(0);
    world.cli = answers;
    expect(await start()).toMatchObject({ word: "OK", backup: "written" });
    expect(files().filter((path) => path.startsWith(places.identity))).toEqual([]);
  });

  test("made by setup-token is stored as one, with an estimate of its end", async () => {
    claude.signIn(claude.setupToken());
    expect(await start()).toMatchObject({ word: "OK", reason: "proven", backup: "written" });
    expect(stored()).toMatchObject({ kind: "setup-token" });
    expect(status()).toMatchObject({ kind: "setup-token", loginExpiryEstimated: true });
    claude.revoke(claude.home());
    expect(await start()).toMatchObject({ word: "FAIL", class: "auth-dead", reason: "setup-token-refused" });
    expect(claude.home()?.["accessToken"]).toBe(storedLogin()["accessToken"]);
  });
});

/** A restore of a login that was refreshed once; `happens` right after Vault's object was put into its folder. */
async function restoreWhile(happens: (former: KvEntry | undefined) => void) {
  await loggedIn();
  const former = world.entries.get(DATA);
  world.time += 9 * HOUR;
  await start();
  world.nodes.delete(CREDENTIALS);
  const rename = world.files.rename.bind(world.files);
  world.files.rename = async (from, to) => {
    await rename(from, to);
    if (to !== `${places.scratch}/.credentials.json`) return;
    world.files.rename = rename;
    happens(former);
  };
  return start();
}

describe("the restore", () => {
  test.each([
    ["emptied", blank],
    ["removed", () => world.nodes.delete(CREDENTIALS)],
    ["corrupt", () => world.put(CREDENTIALS, '{"claudeAiOauth": "fake')],
  ])("brings back a login that was %s, refreshed, and nothing else changes", async (kind, lose) => {
    await loggedIn();
    lose();
    expect(await start()).toMatchObject({ word: "OK", class: "ok", reason: "restored", backup: "written" });
    expect(claude.home()?.["refreshToken"]).toBe("fake-refresh-2");
    expect(storedLogin()).toEqual(claude.home());
    if (kind === "emptied") expect(world.text(CREDENTIALS)).toContain("fake-mcp");
    if (kind === "corrupt") expect(world.text(places.corrupt)).toContain("fake");
    expect(stored()["tried"]).toHaveLength(1);
    expect(files().filter((path) => path.startsWith(places.scratch))).toEqual([]);
    expect(status()).toMatchObject({ restores: 1, word: "OK" });
    expect([...world.nodes.keys()].filter((path) => path.endsWith(".lock"))).toEqual([]);
    expect(await start()).toMatchObject({ reason: "proven", backup: "unchanged" });
    expect(claude.replays).toBe(0);
  });

  test("uses nothing twice: what was refused, tried or followed by another stays where it is", async () => {
    await loggedIn();
    claude.revoke(claude.home());
    expect(await start()).toMatchObject({
      word: "FAIL",
      class: "auth-dead",
      reason: "refused",
      exitCode: 10,
    });
    const asked = world.questions.length;
    for (let runs = 0; runs < 3; runs++)
      expect(await start()).toMatchObject({ reason: "blanked", exitCode: 10 });
    expect(world.questions).toHaveLength(asked);
    expect((await start()).why).toContain("claude auth login --claudeai --sso --email alice@example.com");
  });

  test("ends in FAIL when Vault's login is refused, too, and does not come back to it", async () => {
    await loggedIn();
    const lost = claude.home();
    blank();
    claude.revoke(lost);
    expect(await start()).toMatchObject({ word: "FAIL", reason: "restore-refused" });
    const asked = world.questions.length;
    expect(await start()).toMatchObject({ word: "FAIL", reason: "blanked" });
    expect(world.questions).toHaveLength(asked);
    expect(files().filter((path) => path.startsWith(places.scratch))).toEqual([]);
  });

  test("that meets a refresh endpoint in trouble goes on from its folder, never from Vault again", async () => {
    await loggedIn();
    blank();
    claude.refreshFails = true;
    expect(await start()).toMatchObject({ word: "FAIL", reason: "restore-pending" });
    // Not Vault's matter: what stores waiting backups every few minutes leaves it alone.
    expect(await start("backup")).toMatchObject({ report: undefined, exitCode: 0 });
    const entry = world.entries.get(DATA);
    world.entries.set(DATA, { data: { ...entry?.data, claude_ai_oauth_json: "{}" }, version: 9 });
    claude.refreshFails = false;
    expect(await start()).toMatchObject({ word: "OK", reason: "restored" });
    expect(claude.replays).toBe(0);
  });

  test("that goes on from its folder asks no CLI while its successor could not be stored", async () => {
    await loggedIn();
    blank();
    claude.refreshFails = true;
    expect(await start()).toMatchObject({ reason: "restore-pending" });
    claude.refreshFails = false;
    const asked = world.questions.length;
    const create = world.files.create.bind(world.files);
    world.files.create = (path, text) =>
      path.startsWith(`${places.scratch}/`)
        ? Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }))
        : create(path, text);
    const report = await start();
    expect(report).toMatchObject({ word: "FAIL", reason: "restore-pending" });
    expect(report.why).toContain("ENOSPC");
    expect(world.questions).toHaveLength(asked);
    world.files.create = create;
    expect(await start()).toMatchObject({ word: "OK", reason: "restored" });
  });

  test.each([
    ["the home loses it", () => world.nodes.delete(CREDENTIALS), "restored"],
    ["somebody else signs in and out there", signInAndOut, "restored"],
  ])("keeps its login until Vault has it, too, though %s meanwhile", async (_, happens, reason) => {
    await loggedIn();
    blank();
    const answers = world.cli;
    world.cli = (question) => {
      const end = answers(question);
      if (question.configFolder === places.scratch) world.vaultFails = { kind: "sealed" };
      return end;
    };
    expect(await start()).toMatchObject({ reason: "restored", backup: "pending" });
    world.cli = answers;
    const restored = claude.home();
    await happens();
    world.vaultFails = undefined;
    expect(await start()).toMatchObject({ word: "OK", reason });
    expect(claude.home()).toMatchObject({ refreshTokenExpiresAt: restored?.["refreshTokenExpiresAt"] });
    expect(storedLogin()).toEqual(claude.home());
    expect(claude.replays).toBe(0);
    expect(files().filter((path) => path.startsWith(places.scratch))).toEqual([]);
  });

  async function signInAndOut() {
    claude.signIn(claude.login("somebody.else@example.com"));
    expect(await start()).toMatchObject({ backup: "identity-mismatch" });
    world.nodes.delete(CREDENTIALS);
  }

  test("waits for Vault, and FAIL says both", async () => {
    await loggedIn();
    blank();
    world.vaultFails = { kind: "sealed" };
    const report = await start();
    expect(report).toMatchObject({ word: "FAIL", reason: "restore-pending" });
    expect(report.why).toMatch(/emptied.*sealed.*claude auth login/);
    expect(await start("backup")).toMatchObject({ exitCode: 75 });
    world.vaultFails = undefined;
    expect(await start("backup")).toMatchObject({ exitCode: 0, reason: "restored" });
    expect(world.text(places.pending)).toBeUndefined();
  });

  test("leaves the home alone when a person logs in meanwhile, and proves their login", async () => {
    await loggedIn();
    blank();
    const theirs = claude.login();
    const answers = world.cli;
    world.cli = (question) => {
      const end = answers(question);
      if (question.configFolder === places.scratch) claude.signIn(theirs);
      return end;
    };
    expect(await start()).toMatchObject({ word: "OK", class: "ok", reason: "proven" });
    expect(claude.home()).toEqual(theirs);
    expect(storedLogin()).toEqual(theirs);
    expect(state().restore).toBeNull();
  });

  test.each([
    [
      "stores a server's login",
      () => world.put(CREDENTIALS, (world.text(CREDENTIALS) ?? "").replace("fake-mcp", "fake-mcp-2")),
    ],
    ["is another sign-in", () => claude.signIn(claude.login())],
  ])(
    "waits for a write that %s, which holds no lock of a refresh, and undoes nothing of it",
    async (_, write) => {
      await loggedIn();
      blank();
      const lock = `${HOME}/.claude/.storage-write.lock`;
      world.nodes.set(lock, { kind: "directory", mtimeMs: world.time });
      let written: string | undefined;
      const answers = world.cli;
      world.cli = (question) => {
        const happens = () => {
          write();
          written = world.text(CREDENTIALS);
          world.nodes.delete(lock);
        };
        if (question.configFolder === places.scratch) world.later.push({ at: world.time + 500, happens });
        return answers(question);
      };
      const { reason } = await start();
      expect(written).toBeDefined();
      expect(world.text(CREDENTIALS)).toBe(written);
      world.cli = answers;
      expect(await start()).toMatchObject({ word: "OK", class: "ok" });
      expect(reason).toBe(written?.includes("fake-mcp-2") === true ? "restore-pending" : "proven");
      if (reason === "restore-pending") expect(world.text(CREDENTIALS)).toContain("fake-mcp-2");
      expect(storedLogin()).toEqual(claude.home());
      expect(claude.replays).toBe(0);
    },
  );

  test.each([
    ["the run is ended meanwhile", true],
    ["the CLI answers", false],
  ])("never uses what a probe has used up, whose successor nobody has read, when %s", async (_, ends) => {
    await loggedIn();
    world.time += 9 * HOUR;
    const answers = world.cli;
    world.cli = (question) => {
      const end = answers(question);
      world.nodes.delete(CREDENTIALS);
      if (ends) world.killAt = world.effects.length;
      return end;
    };
    if (ends) await expect(start()).rejects.toThrow(Killed);
    else expect(await start()).toMatchObject({ class: "unknown" });
    world.cli = answers;
    world.reborn();
    const asked = world.questions.length;
    const report = await start();
    expect(report).toMatchObject({ word: "FAIL", class: "auth-dead", reason: "gone" });
    expect(report.why).toContain("may have used up");
    expect(world.questions).toHaveLength(asked);
    claude.signIn(claude.login());
    expect(await start()).toMatchObject({ word: "OK", backup: "written" });
  });

  test("does not take a login for used up whose probe was seen to leave it as it was", async () => {
    await loggedIn();
    expect(state().maybeConsumed).toBeNull();
    world.nodes.delete(CREDENTIALS);
    expect(await start()).toMatchObject({ word: "OK", reason: "restored" });
  });

  test.each([
    ["to an older login", (former: KvEntry | undefined) => former],
    ["to an entry without one", () => ({ data: { machine_id: fakeConfig.machineId }, version: 1 })],
    ["to before the entry", () => undefined],
  ])("keeps the only copy of a login when Vault is rolled back %s before it is marked", async (_, back) => {
    const report = await restoreWhile((former) => {
      const entry = back(former);
      if (entry === undefined) world.entries.delete(DATA);
      else world.entries.set(DATA, entry);
    });
    expect(report).toMatchObject({ word: "WARN", reason: "restored", backup: "rolled-back" });
    expect(claude.home()?.["refreshToken"]).toBe("fake-refresh-3");
    expect(storedLogin()).toEqual(claude.home());
    expect(claude.replays).toBe(0);
  });

  test("leaves its folder when Vault holds a newer login by the time it is marked", async () => {
    const report = await restoreWhile(() => {
      const newer = claude.login();
      const data = { ...stored(), claude_ai_oauth_json: JSON.stringify(newer) };
      world.entries.set(DATA, { data, version: 9 });
    });
    expect(report).toMatchObject({ word: "FAIL", reason: "gone" });
    expect(files().filter((path) => path.startsWith(places.scratch))).toEqual([]);
    expect(await start()).toMatchObject({ word: "OK", reason: "restored" });
    expect(claude.replays).toBe(0);
  });

  test("knows its successor before anybody can see it: an end right then leads to no replay", async () => {
    await loggedIn();
    const former = state().login?.fingerprints[0];
    blank();
    world.effects.length = 0;
    const rename = world.files.rename.bind(world.files);
    world.files.rename = async (from, to) => {
      await rename(from, to);
      if (to === CREDENTIALS) world.killAt = world.effects.length;
    };
    await expect(start()).rejects.toThrow(Killed);
    world.files.rename = rename;
    world.reborn();
    expect(state()).toMatchObject({ restore: { stage: "refreshed" }, superseded: [former] });
    expect(state().login?.fingerprints).toHaveLength(2);
    // The user's own CLI goes on from there, until the server takes the login back.
    world.time += 9 * HOUR;
    claude.run({ path: "claude", configFolder: undefined });
    await start("backup");
    claude.revoke(claude.home());
    claude.run({ path: "claude", configFolder: undefined });
    expect(await start()).toMatchObject({ word: "FAIL", class: "auth-dead" });
    expect(claude.replays).toBe(0);
    expect(files().filter((path) => path.startsWith(places.scratch))).toEqual([]);
  });

  test("never uses a Vault that was rolled back, which the next login overwrites", async () => {
    await loggedIn();
    const old = world.entries.get(DATA);
    world.time += 9 * HOUR;
    await start();
    if (old === undefined) throw new Error("nothing was stored");
    world.entries.set(DATA, old);
    const current = claude.home() ?? {};
    blank();
    expect(await start()).toMatchObject({ word: "FAIL", reason: "blanked" });
    claude.signIn(current);
    expect(await start()).toMatchObject({ word: "WARN", class: "ok", backup: "rolled-back" });
    expect(storedLogin()).toEqual(current);
  });

  test.each([
    ["limit", error("You've hit your session limit · resets 3:34am (UTC)", 429)],
    ["transient", error("API Error: 529 Overloaded.", 529)],
    ["transient", error("Request timed out", null)],
    ["lock", error("Failed to refresh OAuth token: another Claude Code process is refreshing it", null)],
    ["unknown", error("words that nobody has seen", null)],
    ["org-policy", error("Credit balance is too low", 400)],
    ["tooling", error("Not logged in · Please run /login", null)],
    [
      "tooling",
      { kind: "ended", code: 1, signal: null, stdout: "", stderr: "error: unknown option" } as const,
    ],
    ["interrupted", { kind: "ended", code: null, signal: "SIGKILL", stdout: "", stderr: "" } as const],
  ])("never follows from %s", async (expected, end) => {
    await loggedIn();
    const home = world.text(CREDENTIALS);
    const before = world.entries.get(DATA);
    claude.api = end;
    expect(await start()).toMatchObject({ class: expected });
    expect(world.text(CREDENTIALS)).toBe(home);
    expect(world.entries.get(DATA)).toEqual(before);
    expect(world.questions.every(({ configFolder }) => configFolder !== places.scratch)).toBe(true);
  });
});

describe("Vault's trouble", () => {
  test.each([
    [{ kind: "sealed" } as const, "WARN", "pending", 0],
    [{ kind: "unreachable", why: "ECONNREFUSED" } as const, "WARN", "pending", 0],
    [{ kind: "failed", status: 500, why: "internal" } as const, "WARN", "pending", 0],
    [{ kind: "forbidden", why: "permission denied" } as const, "FAIL", "refused", 20],
  ])("is no trouble of the login: %j", async (failure, word, backup, exitCode) => {
    await loggedIn();
    world.time += 9 * HOUR;
    world.vaultFails = failure;
    expect(await start()).toMatchObject({ word, class: "ok", backup, exitCode });
    expect(world.text(places.pending) === undefined).toBe(backup !== "pending");
    world.vaultFails = undefined;
    expect(await start("backup")).toMatchObject({ exitCode: 0, backup: "written" });
    expect(storedLogin()).toEqual(claude.home());
    expect(world.text(places.pending)).toBeUndefined();
  });

  test("another machine's object is neither restored nor overwritten", async () => {
    const data = { machine_id: "f".repeat(32), claude_ai_oauth_json: JSON.stringify(claude.login()) };
    world.entries.set(DATA, { data, version: 3 });
    claude.signIn(claude.login());
    expect(await start()).toMatchObject({ word: "FAIL", class: "ok", reason: "foreign", exitCode: 21 });
    blank();
    expect(await start()).toMatchObject({ class: "auth-dead", reason: "blanked" });
    expect(world.entries.get(DATA)).toEqual({ data, version: 3 });
  });

  test("others' keys stay, also under a writer who is faster", async () => {
    world.entries.set(DATA, { data: { setup_token: "fake-original" }, version: 2 });
    await loggedIn();
    expect(stored()).toMatchObject({ setup_token: "fake-original", kind: "login" });
  });
});

describe("a change of the file", () => {
  test("is stored without an inference when the login was refreshed", async () => {
    await loggedIn();
    world.time += 9 * HOUR;
    claude.run({ path: "claude", configFolder: undefined });
    const asked = world.questions.length;
    expect(await start("backup")).toMatchObject({
      word: "INFO",
      class: "backup",
      backup: "written",
      exitCode: 0,
    });
    expect(world.questions).toHaveLength(asked);
    expect(storedLogin()).toEqual(claude.home());
    expect(status()).toMatchObject({
      class: "ok",
      reason: "proven",
      backup: { state: "written", written: 2 },
    });
    expect(await start("backup")).toMatchObject({ report: undefined, exitCode: 0 });
  });

  test("is a full run's matter when a person logged in, or the login was emptied, and only once", async () => {
    await loggedIn();
    claude.signIn(claude.login());
    expect(await start("backup")).toMatchObject({ class: "ok", backup: "written", exitCode: 0 });
    claude.revoke(claude.home());
    blank();
    expect(await start("backup")).toMatchObject({ class: "auth-dead", exitCode: 0 });
    const runs = world.journalled.length;
    expect(await start("backup")).toMatchObject({ report: undefined, exitCode: 0 });
    expect(world.journalled).toHaveLength(runs);
  });

  test("never brings an older login over a newer one", async () => {
    await loggedIn();
    const old = claude.home() ?? {};
    world.time += 9 * HOUR;
    await start();
    const newest = storedLogin();
    claude.signIn(old);
    expect(await start("backup")).toMatchObject({ exitCode: 0 });
    expect(storedLogin()).toEqual(newest);
    // The old one is refused, the CLI empties it, and Vault's newer one comes back.
    expect(await start()).toMatchObject({ word: "OK", reason: "restored" });
    expect(claude.replays).toBe(0);
  });
});

describe("an older sign-in that came back", () => {
  const dropEnd = () => {
    const oauth = { ...claude.home() };
    delete oauth["refreshTokenExpiresAt"];
    claude.signIn(oauth);
  };
  test.each([
    ["the probe", () => undefined],
    ["a probe of a CLI that drops the end of the login", () => dropEnd()],
    ["a session", () => claude.run({ path: "claude", configFolder: undefined })],
  ])(
    "stays older when it is refreshed by %s, and never takes the newer one's place in Vault",
    async (who, by) => {
      await loggedIn();
      const old = claude.home() ?? {};
      claude.signIn(claude.login());
      expect(await start()).toMatchObject({ word: "OK", backup: "written" });
      const newest = storedLogin();
      claude.signIn(old);
      world.time += 9 * HOUR;
      if (who === "a session") by();
      else {
        const answers = world.cli;
        world.cli = async (question) => {
          const end = await answers(question);
          by();
          return end;
        };
      }
      const words = [await start(), await start(), await start("backup")].map(({ backup }) => backup);
      expect(claude.home()?.["refreshToken"]).toBe("fake-refresh-3");
      expect(words).toEqual(["superseded", "superseded", undefined]);
      expect(storedLogin()).toEqual(newest);
      claude.signIn(claude.login());
      expect(await start()).toMatchObject({ word: "OK", backup: "written" });
      expect(storedLogin()).toEqual(claude.home());
    },
  );
});

describe("starts that meet", () => {
  test("leave a mark, which the holder serves before it leaves", async () => {
    await loggedIn();
    world.locked = true;
    expect(await start()).toMatchObject({ word: "INFO", class: "busy", exitCode: 0 });
    expect(await start("backup")).toMatchObject({ report: undefined, exitCode: 0 });
    expect(world.text(places.againRun)).toBe("");
    world.locked = false;
    const asked = world.questions.length;
    await start("backup");
    expect(world.questions.length).toBe(asked + 1);
    expect(world.text(places.againRun)).toBeUndefined();
    expect(world.text(places.againBackup)).toBeUndefined();
  });

  test("are served also when they come in the moment in which the holder leaves", async () => {
    await loggedIn();
    const lock = world.lock.bind(world);
    let late = true;
    world.lock = async (path) => {
      const held = await lock(path);
      return (
        held && {
          release: async () => {
            await held.release();
            if (late) world.put(places.againRun, "");
            late = false;
          },
        }
      );
    };
    const asked = world.questions.length;
    await start("backup");
    expect(world.questions.length).toBe(asked + 1);
    expect(world.text(places.againRun)).toBeUndefined();
  });

  test("wait for a CLI that was left behind, and do not ask another one beside it", async () => {
    await loggedIn();
    claude.api = { kind: "late" };
    expect(await start()).toMatchObject({ class: "tooling", reason: "stuck", exitCode: 18 });
    const asked = world.questions.length;
    expect(await start()).toMatchObject({ class: "tooling", reason: "stuck" });
    expect(world.questions).toHaveLength(asked);
    claude.api = undefined;
    world.living.clear();
    expect(await start()).toMatchObject({ class: "ok" });
  });
});

test("a shared token in the environment is a fault, and its value is nowhere", async () => {
  await loggedIn();
  world.put(`${HOME}/.profile`, "export CLAUDE_CODE_OAUTH_TOKEN='fake-shared-token'\n");
  expect(await start()).toMatchObject({ word: "WARN", class: "ok", exitCode: 0 });
  world.put("/etc/environment", "PATH=/bin\nCLAUDE_CODE_OAUTH_TOKEN=fake-shared-token\n");
  const report = await start();
  expect(report).toMatchObject({ word: "FAIL", class: "ok", reason: "shared-token", exitCode: 24 });
  expect(report.why).toContain("/etc/environment");
  expect(JSON.stringify([report, status(), state(), world.text(places.log)])).not.toContain("fake-shared");
});

test("a Vault token with too wide a mode is repaired and reported", async () => {
  await loggedIn();
  world.put(places.token, "fake-vault-token\n", 0o644);
  const report = await start();
  expect(report).toMatchObject({ word: "WARN", class: "ok", exitCode: 0 });
  expect(report.why).toContain("0644");
  expect((await world.files.state(places.token))?.mode).toBe(0o600);
  expect(await start()).toMatchObject({ word: "OK" });
});

test("only the agent's own stale files are removed", async () => {
  claude.signIn(claude.login());
  const own = `${HOME}/.claude/.claude-auth-sync.0123456789ab.tmp`;
  const foreign = [`${HOME}/.claude/.credentials.json.0123456789ab.tmp`, `${HOME}/.claude/notes.tmp`];
  for (const path of [own, ...foreign]) world.put(path, "x");
  await start();
  expect(world.text(own)).toBeUndefined();
  for (const path of foreign) expect(world.text(path)).toBe("x");
});

test("what nobody can explain needs a person at the third time", async () => {
  await loggedIn();
  claude.api = error("words that nobody has seen", null);
  const words = [];
  for (let runs = 0; runs < 4; runs++) words.push((await start()).word);
  expect(words).toEqual(["WARN", "WARN", "FAIL", "FAIL"]);
  claude.api = undefined;
  expect(await start()).toMatchObject({ word: "OK" });
});

test("a usage limit is never a success, and is called unproven after a day", async () => {
  await loggedIn();
  const { lastSuccessAt } = status();
  claude.api = error("You've hit your weekly limit · resets Monday", 429);
  expect(await start()).toMatchObject({ word: "WARN", class: "limit", reason: "usage", exitCode: 14 });
  world.time += 25 * HOUR;
  claude.api = error("You've hit your weekly limit · resets Monday", 429);
  expect(await start()).toMatchObject({ word: "WARN", class: "limit", reason: "unproven" });
  expect(status().lastSuccessAt).toBe(lastSuccessAt);
});
