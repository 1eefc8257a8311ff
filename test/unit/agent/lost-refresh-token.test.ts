/** Files that carry less than Vault's copy of the same sign-in: the refresh token, or other fields, are lost. In memory. */
import { beforeEach, describe, expect, test } from "vitest";
import { userPlaces } from "../../../contract/agent-places.ts";
import { AgentScene, HOUR } from "../../support/fakes/agent-scene.ts";
import { DATA, HOME } from "../../support/fakes/fake-agent.ts";

const DAY = 24 * HOUR;
let scene: AgentScene;

beforeEach(() => {
  scene = new AgentScene();
});

/** Signs in with a login that has every key that the CLI writes, and lets the agent store it. */
async function signedIn(email = "alice@example.com") {
  const more = { subscriptionType: "enterprise", rateLimitTier: "tier-5", xUnknownInner: "kept" };
  scene.claude.signIn(scene.claude.login(email, more));
  return scene.start();
}

/** Lets the access token in the home end. */
function accessEnds(): void {
  scene.world.time += 9 * HOUR;
  scene.claude.access.delete(String(scene.claude.home()?.["accessToken"]));
}

/** Changes the login in the home. `undefined` removes the key. */
function edit(changes: Readonly<Record<string, unknown>>): void {
  const oauth = { ...scene.claude.home(), ...changes };
  for (const [key, value] of Object.entries(changes)) if (value === undefined) delete oauth[key];
  scene.claude.signIn(oauth);
}

/** Lets a session refresh the login, and another tool rewrite it. */
function refreshedWith(changes: Readonly<Record<string, unknown>>): void {
  scene.world.time += 9 * HOUR;
  scene.session();
  edit(changes);
}

const LOST = [
  undefined,
  null,
  "",
  " \n\t",
  "null",
  "undefined",
  0,
  5,
  false,
  true,
  {},
  { token: "fake-refresh-1" },
  [],
  ["fake-refresh-1"],
].map((value) => [value === undefined ? "missing" : JSON.stringify(value), value] as const);

describe.each(LOST)("a login whose refresh token is %s", (_, refreshToken) => {
  /** What else may be lost with it. The second one looks like a setup-token. */
  const MORE = [
    ["nothing", {}],
    ["its end and most of its scopes", { refreshTokenExpiresAt: undefined, scopes: ["user:inference"] }],
  ] as const;

  test.each(MORE)(
    "is not stored, and Vault's copy comes back later; it also lost %s",
    async (_what, more) => {
      await signedIn();
      const before = structuredClone(scene.world.entries.get(DATA));
      edit({ refreshToken, ...more });
      expect(await scene.start("backup")).toMatchObject({ word: "WARN", backup: "incomplete", exitCode: 0 });
      const run = await scene.start();
      expect(run).toMatchObject({ word: "WARN", reason: "proven", backup: "incomplete", exitCode: 0 });
      expect(run.why).toContain("refresh token");
      expect(scene.status()).toMatchObject({
        kind: "login",
        backup: { state: "incomplete", matches: false },
      });
      expect(scene.world.entries.get(DATA)).toEqual(before);
      accessEnds();
      expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored", backup: "written" });
      expect(scene.claude.refresh.has(String(scene.claude.home()?.["refreshToken"]))).toBe(true);
      expect(scene.storedLogin()).toEqual(scene.claude.home());
      expect(scene.claude.replays).toBe(0);
    },
  );

  test("is not stored by an agent that has lost its state", async () => {
    await signedIn();
    const before = scene.storedLogin();
    scene.world.nodes.delete(userPlaces(HOME).agentState);
    edit({ refreshToken, refreshTokenExpiresAt: undefined, scopes: ["user:inference"] });
    for (const mode of ["backup", "run", "backup"] as const) await scene.start(mode);
    expect(scene.storedLogin()).toEqual(before);
    expect(scene.status().backup.state).toBe("incomplete");
  });

  // Nothing but Vault's copy of the same access token tells this file from a setup-token.
  test("is not stored by an agent that has lost its state, with an end as far away as a setup-token's", async () => {
    await signedIn();
    const before = scene.storedLogin();
    scene.world.nodes.delete(userPlaces(HOME).agentState);
    const expiresAt = scene.world.time + 300 * DAY;
    edit({ refreshToken, refreshTokenExpiresAt: undefined, scopes: ["user:inference"], expiresAt });
    for (const mode of ["backup", "run", "backup"] as const) await scene.start(mode);
    expect(scene.storedLogin()).toEqual(before);
  });

  test("is not stored when it was lost in a refresh", async () => {
    await signedIn();
    const before = scene.storedLogin();
    refreshedWith({ refreshToken, refreshTokenExpiresAt: undefined, scopes: ["user:inference"] });
    expect(await scene.start()).toMatchObject({ word: "WARN", backup: "incomplete" });
    expect(scene.storedLogin()).toEqual(before);
  });

  test("is not stored when it is lost during a probe", async () => {
    await signedIn();
    const before = scene.storedLogin();
    const answers = scene.world.cli;
    scene.world.cli = async (question) => {
      const end = await answers(question);
      edit({ refreshToken });
      return end;
    };
    expect(await scene.start()).toMatchObject({ word: "WARN", reason: "proven", backup: "incomplete" });
    expect(scene.storedLogin()).toEqual(before);
    scene.world.cli = answers;
    accessEnds();
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored" });
  });

  test("is another person's, and changes nothing about the user's", async () => {
    await signedIn();
    const before = scene.storedLogin();
    const { login } = scene.state();
    scene.claude.signIn({ ...scene.claude.login("bob@example.com"), refreshToken });
    for (const mode of ["backup", "run"] as const) await scene.start(mode);
    expect(scene.storedLogin()).toEqual(before);
    expect(scene.state().login).toEqual(login);
  });
});

test("a login that the CLI empties after it lost its refresh token comes back from Vault", async () => {
  await signedIn();
  edit({ refreshToken: "" });
  await scene.start();
  scene.world.time += 9 * HOUR;
  scene.blank();
  expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored" });
});

test("a login that never had a refresh token is no setup-token", async () => {
  scene.claude.signIn({ ...scene.claude.login(), refreshToken: "" });
  expect(await scene.start()).toMatchObject({ word: "WARN", reason: "proven", backup: "incomplete" });
  expect(scene.world.entries.size).toBe(0);
  accessEnds();
  const dead = await scene.start();
  expect(dead).toMatchObject({ word: "FAIL", class: "auth-dead", reason: "no-refresh-token", exitCode: 10 });
  expect(dead.why).toContain("claude auth login");
});

test("a former agent's setup-token in Vault that is an emptied login is never restored", async () => {
  await signedIn();
  const { entries } = scene.world;
  const entry = entries.get(DATA) ?? { data: {}, version: 1 };
  const emptied = JSON.stringify({ ...scene.storedLogin(), refreshToken: "" });
  entries.set(DATA, {
    ...entry,
    data: { ...entry.data, claude_ai_oauth_json: emptied, kind: "setup-token" },
  });
  scene.world.nodes.delete(`${HOME}/.claude/.credentials.json`);
  const run = await scene.start();
  expect(run).toMatchObject({ word: "FAIL", reason: "gone" });
  expect(run.why).toContain("refresh token");
  scene.claude.signIn(scene.claude.login());
  expect(await scene.start()).toMatchObject({ word: "OK", backup: "written" });
});

describe("a deliberate setup-token", () => {
  test.each([
    ["without the key", {}],
    ["with an empty refresh token", { refreshToken: "" }],
    ["with null as refresh token", { refreshToken: null }],
  ])("is stored in place of a login, also near its end: %s", async (_, changes) => {
    await signedIn();
    const token = { ...scene.claude.setupToken(), ...changes };
    scene.claude.signIn(token);
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "proven", backup: "written" });
    expect(scene.stored()).toMatchObject({ kind: "setup-token" });
    expect(scene.storedLogin()).toEqual(token);
    scene.world.time += 365 * DAY - HOUR;
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "proven", backup: "unchanged" });
    expect(scene.status()).toMatchObject({ kind: "setup-token" });
    await signedIn();
    expect(scene.stored()).toMatchObject({ kind: "login" });
  });
});
