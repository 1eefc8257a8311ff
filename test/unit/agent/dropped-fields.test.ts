/** A refresh that drops fields of the login: the newer refresh token is stored, with the fields of the same sign-in. */
import { beforeEach, describe, expect, test } from "vitest";
import { userPlaces } from "../../../contract/agent-places.ts";
import { AgentScene, HOUR } from "../../support/fakes/agent-scene.ts";
import { HOME } from "../../support/fakes/fake-agent.ts";

let scene: AgentScene;
const MORE = { subscriptionType: "enterprise", rateLimitTier: "tier-5", xUnknownInner: "kept" };

beforeEach(() => {
  scene = new AgentScene();
});

async function signedIn(changes: Readonly<Record<string, unknown>> = MORE) {
  scene.claude.signIn(scene.claude.login("alice@example.com", changes));
  return scene.start();
}

/** Lets a session refresh the login, and another tool rewrite it. `undefined` removes a key. */
function refreshedWith(changes: Readonly<Record<string, unknown>>): void {
  scene.world.time += 9 * HOUR;
  scene.session();
  const oauth = { ...scene.claude.home(), ...changes };
  for (const [key, value] of Object.entries(changes)) if (value === undefined) delete oauth[key];
  scene.claude.signIn(oauth);
}

const KEYS = ["subscriptionType", "rateLimitTier", "scopes", "refreshTokenExpiresAt", "xUnknownInner"];
const DROPPED: readonly Readonly<Record<string, unknown>>[] = [
  ...KEYS.flatMap((key) => [{ [key]: undefined }, { [key]: null }]),
  Object.fromEntries(KEYS.map((key) => [key, undefined])),
  Object.fromEntries(KEYS.map((key) => [key, null])),
  { scopes: [] },
  { scopes: "user:inference" },
  { scopes: ["user:profile"] },
  { subscriptionType: "" },
  { refreshTokenExpiresAt: "soon" },
  { refreshTokenExpiresAt: 0 },
  { expiresAt: undefined },
  { expiresAt: "soon" },
  { expiresAt: 0, scopes: undefined },
];
const named = DROPPED.map((changes) => {
  const words = Object.entries(changes).map(
    ([key, value]) => `${key}: ${JSON.stringify(value) ?? "missing"}`,
  );
  return [words.join(", "), changes] as const;
});

describe.each(["backup", "run"] as const)("a refresh that %s stores", (mode) => {
  test.each(named)("keeps what it dropped: %s", async (_, changes) => {
    await signedIn();
    const former = scene.storedLogin();
    refreshedWith(changes);
    expect(await scene.start(mode)).toMatchObject({ backup: "written", exitCode: 0 });
    // A run refreshes the login once more when it looks expired.
    const { accessToken, refreshToken } = scene.claude.home() ?? {};
    expect(refreshToken).not.toBe(former["refreshToken"]);
    const stored = scene.storedLogin();
    expect(stored).toMatchObject({ accessToken, refreshToken });
    for (const key of KEYS) expect(stored[key], key).toEqual(former[key]);
    expect(stored["expiresAt"]).toBeGreaterThan(0);
    expect(scene.stored()["refresh_token_expires_at_ms"]).toBe(former["refreshTokenExpiresAt"]);
  });
});

test("several refreshes keep what the first one dropped, and Vault's login is restorable", async () => {
  await signedIn();
  const former = scene.storedLogin();
  for (let steps = 0; steps < 3; steps++) {
    refreshedWith(Object.fromEntries(KEYS.map((key) => [key, undefined])));
    expect(await scene.start("backup")).toMatchObject({ backup: "written" });
  }
  for (const key of KEYS) expect(scene.storedLogin()[key], key).toEqual(former[key]);
  scene.world.nodes.delete(`${HOME}/.claude/.credentials.json`);
  expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored" });
  for (const key of KEYS.filter((name) => name !== "scopes"))
    expect(scene.claude.home()?.[key], key).toEqual(former[key]);
});

test("the end of the login comes back from the agent's state when Vault's copy has lost it, too", async () => {
  await signedIn();
  const end = scene.storedLogin()["refreshTokenExpiresAt"];
  const [path, entry] = [...scene.world.entries][0] ?? ["", { data: {}, version: 0 }];
  const poor = { ...scene.storedLogin() };
  delete poor["refreshTokenExpiresAt"];
  scene.world.entries.set(path, {
    ...entry,
    data: { ...entry.data, claude_ai_oauth_json: JSON.stringify(poor) },
  });
  refreshedWith({ refreshTokenExpiresAt: undefined });
  expect(await scene.start("backup")).toMatchObject({ backup: "written" });
  expect(scene.storedLogin()["refreshTokenExpiresAt"]).toBe(end);
});

test("the end of the sign-in tells an agent without its state which fields belong to the login", async () => {
  await signedIn();
  refreshedWith({ scopes: undefined, subscriptionType: undefined });
  scene.world.nodes.delete(userPlaces(HOME).agentState);
  expect(await scene.start()).toMatchObject({ backup: "written" });
  expect(scene.storedLogin()).toMatchObject({ subscriptionType: "enterprise" });
});

test("another sign-in of the same person gets no field of the former sign-in", async () => {
  await signedIn();
  expect(await signedIn({})).toMatchObject({ backup: "written" });
  expect(scene.storedLogin()).toEqual(scene.claude.home());
  expect(scene.storedLogin()).not.toHaveProperty("subscriptionType");
});

test("another sign-in without scopes is not stored over the former one", async () => {
  await signedIn();
  const former = scene.storedLogin();
  expect(await signedIn({ scopes: undefined })).toMatchObject({ backup: "incomplete" });
  expect(scene.storedLogin()).toEqual(former);
});

test("another person's login gets no field of the user's, and is not stored", async () => {
  await signedIn();
  const former = scene.storedLogin();
  scene.claude.signIn(scene.claude.login("bob@example.com", { scopes: undefined }));
  scene.world.nodes.delete(`${HOME}/.claude.json`);
  expect(await scene.start()).toMatchObject({ backup: "identity-mismatch" });
  expect(scene.storedLogin()).toEqual(former);
});

test("a field that a refresh has changed keeps the new value", async () => {
  await signedIn();
  refreshedWith({ subscriptionType: "max", scopes: ["user:inference"], rateLimitTier: undefined });
  expect(await scene.start("backup")).toMatchObject({ backup: "written" });
  expect(scene.storedLogin()).toMatchObject({
    subscriptionType: "max",
    scopes: ["user:inference"],
    rateLimitTier: "tier-5",
  });
});
