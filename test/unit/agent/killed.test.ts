/** The agent is ended before each of its effects, one after the other; the next run must find a whole world and go on. */
import { describe, expect, test } from "vitest";
import { userPlaces } from "../../../contract/agent-places.ts";
import { runAgent, type Mode } from "../../../agent/run.ts";
import { CREDENTIALS, FakeClaude } from "../../support/fakes/fake-claude.ts";
import { DATA, fakeConfig, HOME } from "../../support/fakes/fake-agent.ts";
import { FakeWorld, Killed } from "../../support/fakes/fake-world.ts";

const places = userPlaces(HOME);
const HOUR = 3_600_000;

interface Scene {
  readonly world: FakeWorld;
  readonly claude: FakeClaude;
}

const scenes: readonly (readonly [string, Mode, (scene: Scene) => Promise<void>])[] = [
  ["a first run", "run", ({ claude }) => Promise.resolve(claude.signIn(claude.login()))],
  [
    "a refresh",
    "run",
    async (scene) => {
      await settled(scene);
      scene.world.time += 9 * HOUR;
    },
  ],
  [
    "a backup of a rotation",
    "backup",
    async (scene) => {
      await settled(scene);
      scene.world.time += 9 * HOUR;
      scene.claude.run({ path: "claude", configFolder: undefined });
    },
  ],
  [
    "a new login",
    "backup",
    async (scene) => {
      await settled(scene);
      scene.claude.signIn(scene.claude.login());
    },
  ],
  ["a restore of an emptied login", "run", emptied],
  [
    "a restore of a removed login",
    "run",
    async (scene) => {
      await settled(scene);
      scene.world.nodes.delete(CREDENTIALS);
    },
  ],
  [
    "a restore that was begun by a run whose refresh failed",
    "run",
    async (scene) => {
      await emptied(scene);
      scene.claude.refreshFails = true;
      await runAgent(scene.world, fakeConfig, "run");
      scene.claude.refreshFails = false;
    },
  ],
];

async function settled({ world, claude }: Scene): Promise<void> {
  claude.signIn(claude.login());
  await runAgent(world, fakeConfig, "run");
}

async function emptied(scene: Scene): Promise<void> {
  await settled(scene);
  const { claude } = scene;
  claude.signIn({ ...claude.home(), accessToken: "", refreshToken: "", expiresAt: 0 });
}

/** One life that ends at the n-th effect. @returns whether it did */
async function killedAt(scene: Scene, mode: Mode, killAt: number): Promise<boolean> {
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

/** The credentials file is whole: old or new, and what else it holds is intact. */
function expectWhole({ world }: Scene, hadFile: boolean): void {
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
  test("survives an end at every step, and the next run succeeds", async () => {
    for (let killAt = 1; ; killAt++) {
      const world = new FakeWorld();
      const scene = { world, claude: new FakeClaude(world) };
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
      expect(strays(world), at).toEqual([]);
      if (!killed) break;
    }
  });

  test("survives a second end right after the first", async () => {
    for (let killAt = 1; ; killAt += 7) {
      const world = new FakeWorld();
      const scene = { world, claude: new FakeClaude(world) };
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

/** Files that hold a token and are neither the login nor the user's own; locks. */
function strays(world: FakeWorld): readonly string[] {
  return [...world.nodes].flatMap(([path, node]) => {
    if (path.endsWith(".lock")) return [path];
    if (node.kind !== "file" || path === CREDENTIALS || path === places.token) return [];
    return /fake-(?:access|refresh|setup)-/.test(node.text) ? [path] : [];
  });
}
