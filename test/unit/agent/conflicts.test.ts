/** Other writers of the user's entry in Vault: a check-and-set write that meets one reads, decides and writes again. */
import { beforeEach, describe, expect, test } from "vitest";
import { userPlaces } from "../../../contract/agent-places.ts";
import { AgentScene, HOUR } from "../../support/fakes/agent-scene.ts";
import { DATA, HOME } from "../../support/fakes/fake-agent.ts";
import { CREDENTIALS } from "../../support/fakes/fake-claude.ts";

let scene: AgentScene;

beforeEach(async () => {
  scene = new AgentScene();
  await scene.loggedIn();
});

/** Lets another writer be faster than the agent's next writes. @returns how often the agent has tried to write */
function raced(
  times: number,
  change: (data: Record<string, unknown>, time: number) => Record<string, unknown>,
) {
  const { world } = scene;
  const vault = world.vault.bind(world);
  let writes = 0;
  world.vault = () => {
    const opened = vault();
    return {
      ...opened,
      kvWrite: (path, data, cas) => {
        const former = world.entries.get(DATA) ?? { data: {}, version: 0 };
        if (writes++ < times)
          world.entries.set(DATA, { data: change({ ...former.data }, writes), version: former.version + 1 });
        return opened.kvWrite(path, data, cas);
      },
    };
  };
  return () => writes;
}

const bySibling = (data: Record<string, unknown>, time: number) => ({ ...data, [`sibling_${time}`]: time });

describe.each(["run", "backup"] as const)("a refresh that %s stores", (mode) => {
  beforeEach(() => {
    scene.world.time += 9 * HOUR;
    scene.session();
  });

  test.each([1, 2, 3, 4])(
    "is written although %i other writes come first, and keeps their keys",
    async (times) => {
      const writes = raced(times, bySibling);
      expect(await scene.start(mode)).toMatchObject({ backup: "written", exitCode: 0 });
      expect(writes()).toBe(times + 1);
      expect(scene.storedLogin()).toEqual(scene.claude.home());
      expect(scene.stored()).toMatchObject({ sibling_1: 1, [`sibling_${times}`]: times });
      expect(scene.world.text(userPlaces(HOME).pending)).toBeUndefined();
    },
  );

  test("is pending after five other writes, and is tried again", async () => {
    const writes = raced(5, bySibling);
    const end = await scene.start(mode);
    expect(end).toMatchObject({ word: "WARN", backup: "pending" });
    expect(end.why).toContain("5 times in a row");
    expect(writes()).toBe(5);
    expect(scene.world.text(userPlaces(HOME).pending)).toBeDefined();
    expect(await scene.start("backup")).toMatchObject({ backup: "written", exitCode: 0 });
    expect(scene.storedLogin()).toEqual(scene.claude.home());
  });

  test("is not written over another machine's login that was stored meanwhile", async () => {
    const writes = raced(1, () => ({ machine_id: "f".repeat(32), claude_ai_oauth_json: "{}" }));
    await scene.start(mode);
    expect(writes()).toBe(1);
    expect(scene.status().backup.state).toBe("foreign");
    expect(scene.stored()["machine_id"]).toBe("f".repeat(32));
  });

  test("is not written twice when another run of this machine has stored it meanwhile", async () => {
    const oauth = JSON.stringify(scene.claude.home());
    const writes = raced(1, (data) => ({ ...data, claude_ai_oauth_json: oauth }));
    await scene.start(mode);
    expect(writes()).toBe(1);
    expect(scene.status().backup.state).toBe("unchanged");
  });
});

describe("a restore", () => {
  beforeEach(() => {
    scene.world.nodes.delete(CREDENTIALS);
  });

  test.each([1, 2, 3, 4])("records its login as tried although %i other writes come first", async (times) => {
    const writes = raced(times, bySibling);
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored", backup: "written" });
    expect(writes()).toBe(times + 2);
    expect(scene.stored()).toMatchObject({ [`sibling_${times}`]: times, tried: [expect.any(String)] });
    expect(scene.claude.replays).toBe(0);
  });

  test("waits after five other writes, uses nothing up, and continues", async () => {
    const writes = raced(5, bySibling);
    const asked = scene.world.questions.length;
    const end = await scene.start();
    expect(end).toMatchObject({ word: "FAIL", reason: "restore-pending" });
    expect(end.why).toContain("5 times in a row");
    expect(writes()).toBe(5);
    expect(scene.world.questions).toHaveLength(asked);
    expect(scene.stored()).not.toHaveProperty("tried");
    expect(await scene.start()).toMatchObject({ word: "OK", reason: "restored" });
    expect(scene.claude.replays).toBe(0);
  });

  test("does not use a login that was replaced meanwhile", async () => {
    const newer = JSON.stringify({ ...scene.claude.login(), refreshTokenExpiresAt: undefined });
    raced(1, (data) => ({ ...data, claude_ai_oauth_json: newer }));
    const asked = scene.world.questions.length;
    const end = await scene.start();
    expect(end).toMatchObject({ word: "FAIL", class: "auth-dead" });
    expect(end.why).toContain("replaced meanwhile");
    expect(scene.world.questions).toHaveLength(asked);
  });
});
