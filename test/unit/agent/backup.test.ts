/** Backups in memory, with a full disk and with trouble of Vault. */
import { beforeEach, describe, expect, test } from "vitest";
import { EXIT_PENDING } from "../../../contract/agent-classes.ts";
import { userPlaces } from "../../../contract/agent-places.ts";
import { AgentScene, HOUR } from "../../support/fakes/agent-scene.ts";
import { DATA, HOME } from "../../support/fakes/fake-agent.ts";
import { CREDENTIALS } from "../../support/fakes/fake-claude.ts";

const places = userPlaces(HOME);
let scene: AgentScene;

beforeEach(() => {
  scene = new AgentScene();
});

describe("a login on a disk that is full", () => {
  /** A session has stored its successor in the last free space. */
  async function refreshedUnseen() {
    await scene.loggedIn();
    const former = scene.claude.home();
    scene.world.time += 9 * HOUR;
    scene.session();
    const empty = scene.fillDisk();
    return { former, empty };
  }

  test("is stored in Vault nevertheless, and the journal names the full disk", async () => {
    const { empty } = await refreshedUnseen();
    expect(await scene.start()).toMatchObject({ word: "FAIL", reason: "not-storable", backup: "written" });
    expect(scene.storedLogin()).toEqual(scene.claude.home());
    expect(scene.world.journalled.at(-1)?.message).toMatch(
      /^FAIL user=alice class=tooling reason=not-storable .*full/,
    );
    empty();
    expect(await scene.start()).toMatchObject({ word: "OK", backup: "unchanged" });
  });

  test("is a failure in the status as soon as there is room for a status", async () => {
    await scene.loggedIn();
    const lock = scene.world.lock.bind(scene.world);
    scene.world.lock = () => Promise.reject(new Error("The lock cannot be opened."));
    expect(await scene.start()).toMatchObject({ word: "FAIL", reason: "home" });
    expect(scene.status()).toMatchObject({
      class: "tooling",
      reason: "home",
      exitCode: 17,
      failingSince: scene.world.time,
    });
    scene.world.lock = lock;
    expect(await scene.start()).toMatchObject({ word: "OK" });
    expect(scene.status()).toMatchObject({ class: "ok", failingSince: null });
  });

  test("comes back from Vault when the home loses it before there is room", async () => {
    const { empty } = await refreshedUnseen();
    await scene.start("backup");
    empty();
    scene.world.nodes.delete(CREDENTIALS);
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored" });
    expect(scene.claude.replays).toBe(0);
  });

  test("is not overwritten in Vault by the former login, which a power cut brings back", async () => {
    const { former, empty } = await refreshedUnseen();
    await scene.start("backup");
    empty();
    const stored = scene.storedLogin();
    scene.claude.signIn({ ...former, expiresAt: scene.world.time + HOUR });
    expect(await scene.start("backup")).toMatchObject({ exitCode: 0 });
    expect(scene.storedLogin()).toEqual(stored);
  });

  test("is not restored after its successor was seen", async () => {
    const { empty } = await refreshedUnseen();
    await scene.start("backup");
    empty();
    scene.world.time += 9 * HOUR;
    scene.session();
    scene.world.vaultFails = { kind: "sealed" };
    await scene.start("backup");
    scene.world.nodes.delete(CREDENTIALS);
    scene.world.vaultFails = undefined;
    expect(await scene.start()).toMatchObject({ word: "FAIL", reason: "gone" });
    expect(scene.claude.replays).toBe(0);
  });
});

describe("Vault's trouble", () => {
  test.each([
    [{ kind: "sealed" } as const, "WARN", "pending", 0],
    [{ kind: "unreachable", why: "ECONNREFUSED" } as const, "WARN", "pending", 0],
    [{ kind: "failed", status: 500, why: "internal" } as const, "WARN", "pending", 0],
    [{ kind: "forbidden", why: "permission denied" } as const, "FAIL", "refused", 20],
  ])("leaves the login proven: %j", async (failure, word, backup, exitCode) => {
    await scene.loggedIn();
    scene.world.time += 9 * HOUR;
    scene.world.vaultFails = failure;
    expect(await scene.start()).toMatchObject({ word, class: "ok", backup, exitCode });
    expect(scene.world.text(places.pending) === undefined).toBe(backup !== "pending");
    scene.world.vaultFails = undefined;
    expect(await scene.start("backup")).toMatchObject({ exitCode: 0, backup: "written" });
    expect(scene.storedLogin()).toEqual(scene.claude.home());
    expect(scene.world.text(places.pending)).toBeUndefined();
  });

  test("another machine's entry is neither restored nor overwritten", async () => {
    const data = { machine_id: "f".repeat(32), claude_ai_oauth_json: JSON.stringify(scene.claude.login()) };
    scene.world.entries.set(DATA, { data, version: 3 });
    scene.claude.signIn(scene.claude.login());
    expect(await scene.start()).toMatchObject({ word: "FAIL", class: "ok", reason: "foreign", exitCode: 21 });
    scene.blank();
    expect(await scene.start()).toMatchObject({ class: "auth-dead", reason: "blanked" });
    expect(scene.world.entries.get(DATA)).toEqual({ data, version: 3 });
  });

  test("keys of other tools stay", async () => {
    scene.world.entries.set(DATA, { data: { setup_token: "fake-original" }, version: 2 });
    await scene.loggedIn();
    expect(scene.stored()).toMatchObject({ setup_token: "fake-original", kind: "login" });
  });
});

describe("trouble of the login that may pass", () => {
  test.each([
    ["refused", 20],
    ["foreign", 21],
  ] as const)("does not hide that the backup is %s", async (backup, exitCode) => {
    await scene.loggedIn();
    if (backup === "refused") scene.world.vaultFails = { kind: "forbidden", why: "permission denied" };
    else scene.world.entries.set(DATA, { data: { machine_id: "f".repeat(32) }, version: 9 });
    scene.claude.refreshFails = true;
    scene.claude.access.clear();
    expect(await scene.start()).toMatchObject({ word: "FAIL", class: "transient", reason: backup, exitCode });
    expect(scene.status()).toMatchObject({ word: "FAIL", class: "transient", reason: backup, exitCode });
  });
});

describe("an entry that an operator has deleted", () => {
  /** `vault kv metadata delete` leaves nothing. `vault kv delete` leaves the version. */
  const deleted = () => scene.world.entries.delete(DATA);

  beforeEach(async () => {
    await scene.loggedIn();
    for (let refreshes = 0; refreshes < 3; refreshes++) {
      scene.world.time += 9 * HOUR;
      await scene.start();
    }
  });

  test.each(["run", "backup"] as const)("is written again by %s, which is no rollback", async (mode) => {
    deleted();
    const end = await scene.start(mode);
    expect(end).toMatchObject({ word: mode === "run" ? "OK" : "INFO", backup: "written", exitCode: 0 });
    expect(end.why).toContain("Vault held no entry any more");
    expect(scene.world.entries.get(DATA)?.version).toBe(1);
    expect(scene.storedLogin()).toEqual(scene.claude.home());
    expect(await scene.start()).toMatchObject({ word: "OK", backup: "unchanged" });
    scene.world.time += 9 * HOUR;
    expect(await scene.start()).toMatchObject({ word: "OK", backup: "written" });
    expect(scene.world.entries.get(DATA)?.version).toBe(2);
  });

  test("was another machine's, and a rollback is still seen afterwards", async () => {
    const own = structuredClone(scene.world.entries.get(DATA));
    scene.world.entries.set(DATA, { data: { machine_id: "f".repeat(32) }, version: 9 });
    expect(await scene.start()).toMatchObject({ word: "FAIL", backup: "foreign", exitCode: 21 });
    deleted();
    expect(await scene.start()).toMatchObject({ word: "OK", backup: "written" });
    for (let refreshes = 0; refreshes < 3; refreshes++) {
      scene.world.time += 9 * HOUR;
      await scene.start();
    }
    scene.world.entries.set(DATA, { data: own?.data ?? {}, version: 2 });
    expect(await scene.start()).toMatchObject({ word: "WARN", backup: "rolled-back" });
  });

  test("is restored from nowhere, and the next sign-in is stored without a warning", async () => {
    deleted();
    scene.blank();
    expect(await scene.start()).toMatchObject({ word: "FAIL", class: "auth-dead", backup: "none" });
    scene.claude.signIn(scene.claude.login());
    expect(await scene.start()).toMatchObject({ word: "OK", backup: "written" });
  });
});

test("a login on a full disk is tried again while Vault is away, and is stored when Vault is back", async () => {
  await scene.loggedIn();
  scene.world.time += 9 * HOUR;
  scene.session();
  scene.fillDisk();
  scene.world.vaultFails = { kind: "unreachable", why: "no answer within 10000 ms" };
  const end = await scene.start("backup");
  expect(end).toMatchObject({
    word: "FAIL",
    reason: "not-storable",
    backup: "pending",
    exitCode: EXIT_PENDING,
  });
  scene.world.vaultFails = undefined;
  expect(await scene.start("backup")).toMatchObject({ backup: "written" });
  expect(scene.storedLogin()).toEqual(scene.claude.home());
});
