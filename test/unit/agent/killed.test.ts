/** Ends the agent before each of its effects. The next run must find everything whole, and continue. */
import { describe, expect, test } from "vitest";
import { runAgent, type Mode } from "../../../agent/run.ts";
import { userPlaces } from "../../../contract/agent-places.ts";
import { AgentScene, HOUR } from "../../support/fakes/agent-scene.ts";
import { DATA, fakeConfig, HOME } from "../../support/fakes/fake-agent.ts";
import { CREDENTIALS } from "../../support/fakes/fake-claude.ts";
import { Killed, type FakeWorld } from "../../support/fakes/fake-world.ts";

const places = userPlaces(HOME);

const scenes: readonly (readonly [string, Mode, (scene: AgentScene) => Promise<void>])[] = [
  ["a first run", "run", ({ claude }) => Promise.resolve(claude.signIn(claude.login()))],
  [
    "a refresh",
    "run",
    async (scene) => {
      await scene.loggedIn();
      scene.world.time += 9 * HOUR;
    },
  ],
  [
    "a backup of a rotation",
    "backup",
    async (scene) => {
      await scene.loggedIn();
      scene.world.time += 9 * HOUR;
      scene.session();
    },
  ],
  [
    "a new login",
    "backup",
    async (scene) => {
      await scene.loggedIn();
      scene.claude.signIn(scene.claude.login());
    },
  ],
  ["a restore of an emptied login", "run", emptied],
  [
    "a restore of a removed login",
    "run",
    async (scene) => {
      await scene.loggedIn();
      scene.world.nodes.delete(CREDENTIALS);
    },
  ],
  [
    "a restore that an earlier run began, and whose refresh failed",
    "run",
    async (scene) => {
      await emptied(scene);
      scene.claude.refreshFails = true;
      await scene.start();
      scene.claude.refreshFails = false;
    },
  ],
];

async function emptied(scene: AgentScene): Promise<void> {
  await scene.loggedIn();
  scene.blank();
}

/** Runs the agent until its n-th effect. @returns whether the agent was ended there */
async function killedAt(scene: AgentScene, mode: Mode, killAt: number): Promise<boolean> {
  scene.world.effects.length = 0;
  scene.world.killAt = killAt;
  try {
    await runAgent(scene.world, fakeConfig, mode);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  const killed = scene.world.effects.length >= killAt;
  scene.world.reborn();
  return killed;
}

/** Expects a whole credentials file, old or new, with its other keys intact. */
function expectWhole({ world }: AgentScene, hadFile: boolean): void {
  const text = world.text(CREDENTIALS);
  if (text === undefined) {
    expect(hadFile).toBe(false);
    return;
  }
  const content = JSON.parse(text) as Record<string, unknown>;
  expect(content["claudeAiOauth"]).toBeDefined();
  if (hadFile) expect(content["mcpOAuth"]).toEqual({ server: "fake-mcp" });
}

describe.each(scenes)("%s", (_, mode, prepare) => {
  test("survives a kill at every step, and the next run succeeds", async () => {
    for (let killAt = 1; ; killAt++) {
      const scene = new AgentScene();
      const { world } = scene;
      await prepare(scene);
      const hadFile = world.text(CREDENTIALS) !== undefined;
      const killed = await killedAt(scene, mode, killAt);
      const at = `killed before effect ${killAt}`;
      expectWhole(scene, hadFile);

      const { report } = await runAgent(world, fakeConfig, "run");
      expect([report?.word, report?.class, report?.why], at).toEqual(["OK", "ok", undefined]);
      expectWhole(scene, hadFile);
      const home = scene.claude.home();
      const entry = world.entries.get(DATA);
      expect(JSON.parse(String(entry?.data["claude_ai_oauth_json"])), at).toEqual(home);
      expect(scene.claude.refresh.has(String(home?.["refreshToken"])), at).toBe(true);
      expect(scene.claude.replays, at).toBe(0);
      expect(leftovers(world), at).toEqual([]);
      if (!killed) break;
    }
  });

  test("survives a second kill right after the first", async () => {
    for (let killAt = 1; ; killAt += 7) {
      const scene = new AgentScene();
      const { world } = scene;
      await prepare(scene);
      const killed = await killedAt(scene, mode, killAt);
      await killedAt(scene, "run", 10 + ((killAt * 13) % 60));
      const { report } = await runAgent(world, fakeConfig, "run");
      expect(report?.word, `killed before effect ${killAt}`).toBe("OK");
      expect(scene.claude.replays).toBe(0);
      if (!killed) break;
    }
  });
});

/** Returns locks, and files that hold a token besides the login and the Vault token. */
function leftovers(world: FakeWorld): readonly string[] {
  return [...world.nodes].flatMap(([path, node]) => {
    if (path.endsWith(".lock")) return [path];
    if (node.kind !== "file" || path === CREDENTIALS || path === places.token) return [];
    return /fake-(?:access|refresh|setup)-/.test(node.text) ? [path] : [];
  });
}
