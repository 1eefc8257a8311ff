/** Starts of the agent that meet another start, or a CLI that was left behind. */
import { beforeEach, describe, expect, test } from "vitest";
import { userPlaces } from "../../../contract/agent-places.ts";
import { AgentScene } from "../../support/fakes/agent-scene.ts";
import { HOME } from "../../support/fakes/fake-agent.ts";

const places = userPlaces(HOME);
let scene: AgentScene;

beforeEach(() => {
  scene = new AgentScene();
});

describe("starts that meet", () => {
  test("leave a marker, which the holder of the lock serves before it ends", async () => {
    await scene.loggedIn();
    scene.world.locked = true;
    expect(await scene.start()).toMatchObject({ word: "INFO", class: "busy", exitCode: 0 });
    expect(await scene.start("backup")).toMatchObject({ report: undefined, exitCode: 0 });
    expect(scene.world.text(places.againRun)).toBe("");
    scene.world.locked = false;
    const asked = scene.world.questions.length;
    await scene.start("backup");
    expect(scene.world.questions.length).toBe(asked + 1);
    expect(scene.world.text(places.againRun)).toBeUndefined();
    expect(scene.world.text(places.againBackup)).toBeUndefined();
  });

  test("are served when they leave their marker while the holder gives the lock back", async () => {
    await scene.loggedIn();
    const lock = scene.world.lock.bind(scene.world);
    let late = true;
    scene.world.lock = async (path) => {
      const held = await lock(path);
      return (
        held && {
          release: async () => {
            await held.release();
            if (late) scene.world.put(places.againRun, "");
            late = false;
          },
        }
      );
    };
    const asked = scene.world.questions.length;
    await scene.start("backup");
    expect(scene.world.questions.length).toBe(asked + 1);
    expect(scene.world.text(places.againRun)).toBeUndefined();
  });

  test("wait for a CLI that was left behind, and start no second CLI", async () => {
    await scene.loggedIn();
    scene.claude.api = { kind: "late" };
    expect(await scene.start()).toMatchObject({ class: "tooling", reason: "stuck", exitCode: 18 });
    const asked = scene.world.questions.length;
    expect(await scene.start()).toMatchObject({ class: "tooling", reason: "stuck" });
    expect(scene.world.questions).toHaveLength(asked);
    scene.claude.api = undefined;
    scene.world.living.clear();
    expect(await scene.start()).toMatchObject({ class: "ok" });
  });
});
