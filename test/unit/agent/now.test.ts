/** `claude-auth-sync now`: a request that systemd's run answers. */
import { beforeEach, describe, expect, test } from "vitest";
import { userPlaces } from "../../../contract/agent-places.ts";
import { parseRunRequest } from "../../../contract/requested-run.ts";
import { now } from "../../../agent/now.ts";
import { AgentScene } from "../../support/fakes/agent-scene.ts";
import { fakeConfig, HOME } from "../../support/fakes/fake-agent.ts";

const places = userPlaces(HOME);
let scene: AgentScene;
let said: string[];
/** Whether an agent of the user is running. */
let running: boolean;

beforeEach(async () => {
  scene = new AgentScene();
  await scene.loggedIn();
  said = [];
  running = false;
});

const ask = () =>
  now(
    Object.assign(scene.world, {
      agentRuns: () => Promise.resolve(running),
      progress: (sentence: string) => void said.push(sentence),
    }),
    fakeConfig,
  );

/** Lets something happen after so many seconds. */
const after = (seconds: number, happens: () => void) =>
  scene.world.later.push({ at: scene.world.time + seconds * 1000, happens });

/** Returns a run that ends after so many seconds: its answer to the request that it finds when it begins. */
function runFrom(begin: number, end: number, line: string, exitCode: number): void {
  let request: string | undefined;
  after(begin, () => {
    running = true;
    request = parseRunRequest(scene.world.text(places.request) ?? "");
  });
  after(end, () => {
    running = false;
    if (request !== undefined) scene.world.put(places.answer, JSON.stringify({ request, line, exitCode }));
  });
}

describe("a request", () => {
  test("is answered by the run's own line and exit code, in silence when the run is short", async () => {
    runFrom(0.5, 1.5, "FAIL user=alice class=auth-dead", 10);
    expect(await ask()).toMatchObject({ line: "FAIL user=alice class=auth-dead", exitCode: 10 });
    expect(said).toEqual([]);
  });

  test("waits for a run that began before it, and then for its own", async () => {
    running = true;
    after(70, () => (running = false));
    runFrom(75, 80, "OK user=alice class=ok", 0);
    expect(await ask()).toMatchObject({ exitCode: 0 });
    expect(said[0]).toBe("A run is under way.");
  });

  test("is repeated while the host does not notice it", async () => {
    const touched = () => scene.world.effects.filter((effect) => effect === `touch ${places.request}`).length;
    after(30, () => expect(touched()).toBeGreaterThan(3));
    runFrom(31, 32, "OK user=alice class=ok", 0);
    expect(await ask()).toMatchObject({ exitCode: 0 });
    expect(said[0]).toBe("Waiting for the host to start the run.");
  });

  test("says that it waits when the former one was just before", async () => {
    runFrom(1, 2, "OK user=alice class=ok", 0);
    await ask();
    runFrom(1, 2, "OK user=alice class=ok", 0);
    await ask();
    expect(said.filter((sentence) => !sentence.startsWith("A run is under way"))).toEqual([
      "Asked too often: the host starts one run in 30 s on request. This request waits for 28 s.",
    ]);
  });

  test("counts as answered when the answer is to a later request of the same user", async () => {
    after(1, () => scene.world.put(places.request, "0".repeat(32)));
    runFrom(2, 3, "OK user=alice class=ok", 0);
    expect(await ask()).toMatchObject({ request: "0".repeat(32) });
  });

  test("replaces what lies in its place, and follows no link", async () => {
    scene.world.nodes.set(places.request, { kind: "symlink", to: "/etc/shadow" });
    runFrom(1, 2, "OK user=alice class=ok", 0);
    expect(await ask()).toMatchObject({ exitCode: 0 });
    expect(scene.world.nodes.get(places.request)).toMatchObject({ kind: "file" });
  });

  test("fails when the host starts no run", async () => {
    await expect(ask()).rejects.toThrow("The host has started no run for 45 s. An operator runs");
  });

  test("fails when runs end without an answer", async () => {
    for (let at = 1; at < 20; at += 2) {
      after(at, () => (running = true));
      after(at + 1, () => (running = false));
    }
    await expect(ask()).rejects.toThrow("Runs of alice end without an answer");
  });
});

describe("a run of systemd", () => {
  const REQUEST = "a".repeat(32);
  const answered = () => JSON.parse(scene.world.text(places.answer) ?? "null") as unknown;
  const ODD: readonly [string, () => void][] = [
    [
      "a request that is a link",
      () => scene.world.nodes.set(places.request, { kind: "symlink", to: "/etc/shadow" }),
    ],
    ["a request of many words", () => scene.world.put(places.request, "x".repeat(100_000))],
    ["a folder in the place of the request", () => scene.world.folders(places.request)],
  ];

  test("answers the request with its line and its exit code, once", async () => {
    scene.world.put(places.request, `${REQUEST}\n`);
    scene.blank();
    scene.world.entries.clear();
    const { exitCode } = await scene.start();
    expect(answered()).toEqual({
      request: REQUEST,
      line: expect.stringMatching(/^FAIL user=alice class=auth-dead /),
      exitCode,
    });
    const before = answered();
    scene.claude.signIn(scene.claude.login());
    await scene.start();
    expect(answered()).toEqual(before);
  });

  test("that only stores a login answers nothing", async () => {
    scene.world.put(places.request, REQUEST);
    await scene.start("backup");
    expect(answered()).toBeNull();
  });

  test.each(ODD)("ignores %s", async (_, arrange) => {
    arrange();
    expect(await scene.start()).toMatchObject({ word: "OK", exitCode: 0 });
    expect(answered()).toBeNull();
  });

  test("ends as it would when the answer cannot be stored", async () => {
    scene.world.put(places.request, REQUEST);
    scene.world.folders(`${places.answer}/x`);
    expect(await scene.start()).toMatchObject({ word: "OK", exitCode: 0 });
  });
});
