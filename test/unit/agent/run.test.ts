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
  test("of a backup leave a marker, which the holder of the lock serves before it ends", async () => {
    await scene.loggedIn();
    scene.world.locked = true;
    expect(await scene.start("backup")).toMatchObject({ report: undefined, exitCode: 0 });
    expect(scene.world.text(places.again)).toBe("");
    scene.world.locked = false;
    const before = scene.world.effects.length;
    await scene.start("backup");
    const passes = scene.world.effects.slice(before).filter((effect) => effect === `read ${places.token}`);
    expect(passes).toHaveLength(2);
    expect(scene.world.text(places.again)).toBeUndefined();
  });

  test("of a run wait for the other run, and report the login as it then is", async () => {
    await scene.loggedIn();
    scene.world.locked = true;
    scene.world.later.push({
      at: scene.world.time + 90_000,
      happens: () => {
        scene.blank();
        scene.world.locked = false;
      },
    });
    scene.world.entries.clear();
    expect(await scene.start()).toMatchObject({ word: "FAIL", class: "auth-dead", exitCode: 10 });
  });

  test("of a run never end with 0 while nothing is known about the login", async () => {
    await scene.loggedIn();
    scene.world.locked = true;
    const ended = await scene.start();
    expect(ended).toMatchObject({ word: "WARN", class: "busy", reason: "other-run", exitCode: 25 });
    expect(ended.report?.why).toBe(
      "Another run of alice has not ended for 30m, so this run has found out nothing.",
    );
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
            if (late) scene.world.put(places.again, "");
            late = false;
          },
        }
      );
    };
    await scene.start("backup");
    expect(scene.world.text(places.again)).toBeUndefined();
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
