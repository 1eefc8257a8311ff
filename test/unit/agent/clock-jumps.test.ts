/** A clock that jumps by a year, or starts in 1970 and is set later: what lasts still fails in time, and nothing is lost. */
import { describe, expect, test } from "vitest";
import { userPlaces } from "../../../contract/agent-places.ts";
import type { Mode } from "../../../agent/run.ts";
import { AgentScene, HOUR } from "../../support/fakes/agent-scene.ts";
import { HOME } from "../../support/fakes/fake-agent.ts";
import { CREDENTIALS, error } from "../../support/fakes/fake-claude.ts";

const YEAR = 365 * 24 * HOUR;
/** The clock while it is wrong, from the right time. */
const WRONG: readonly (readonly [string, (time: number) => number])[] = [
  ["a year ahead", (time) => time + YEAR],
  ["a year behind", (time) => time - YEAR],
  ["in 1970", (time) => time % (24 * HOUR)],
];

/** Whether the clock is a year behind. */
const isBehind = (wrong: (time: number) => number) => wrong(2 * YEAR) === YEAR;

/** Runs `work` while the clock is wrong. */
async function whileWrong<T>({ world }: AgentScene, wrong: (time: number) => number, work: () => Promise<T>) {
  const right = world.time;
  world.time = wrong(right);
  const began = world.time;
  const done = await work();
  world.time = right + Math.max(0, world.time - began);
  return done;
}

/** Trouble that becomes a failure when it lasts, and after how long. */
const LASTING = [
  [
    "a usage limit",
    error("You've hit your weekly limit · resets Monday", 429),
    "unprovenSince",
    24,
    "unproven",
  ],
  ["a refresh that fails", undefined, "refreshSince", 24, "FAIL"],
] as const;

describe.each(WRONG)("a clock that was %s when trouble began", (_, wrong) => {
  test.each(LASTING)(
    "does not hide that %s lasts, and does not hasten it",
    async (_what, api, since, hours, end) => {
      const scene = new AgentScene();
      await scene.loggedIn();
      if (api === undefined) {
        scene.claude.refreshFails = true;
        scene.claude.access.clear();
      } else scene.claude.api = api;
      const outcome = async () => {
        const { word, reason } = await scene.start();
        return word === "FAIL" || reason === end ? end : "WARN";
      };
      expect(await whileWrong(scene, wrong, outcome)).toBe("WARN");
      const stored = scene.state()[since];
      // The clock is right from now on.
      const words: string[] = [];
      for (let passed = 0; passed <= hours + 6; passed += 6) {
        words.push(await outcome());
        expect(scene.state()[since]).toBe(stored);
        scene.world.time += 6 * HOUR;
      }
      // A clock that was behind cannot be told from a year without a run, unless it was not set at all.
      if (!isBehind(wrong)) expect(words.slice(0, 4)).not.toContain(end);
      expect(words.at(-1)).toBe(end);
      scene.claude.api = undefined;
      scene.claude.refreshFails = false;
      scene.claude.signIn(scene.claude.login());
      expect(await scene.start()).toMatchObject({ word: "OK" });
      expect(scene.state()).toMatchObject({ [since]: null, failingSince: null });
    },
  );

  test("does not change since when the status says that runs fail, and that a backup waits", async () => {
    const scene = new AgentScene();
    await scene.loggedIn();
    scene.world.time += 9 * HOUR;
    scene.session();
    scene.world.vaultFails = { kind: "sealed" };
    scene.claude.api = error("API Error: 500 Internal server error.", 500);
    await whileWrong(scene, wrong, () => scene.start());
    const right = scene.world.time;
    for (const mode of ["run", "backup", "run"] as const) {
      await scene.start(mode);
      const { failingSince, backup } = scene.status();
      for (const moment of [failingSince, backup.pendingSince]) {
        expect(moment).toBeGreaterThanOrEqual(right - 2 * YEAR);
        expect(moment).toBeLessThanOrEqual(scene.world.time);
        if (!isBehind(wrong)) expect(moment).toBeGreaterThanOrEqual(right - HOUR);
      }
      scene.world.time += 6 * HOUR;
    }
  });
});

test("a moment that was stored right counts again when the clock is right again", async () => {
  const scene = new AgentScene();
  await scene.loggedIn();
  scene.claude.api = error("You've hit your weekly limit · resets Monday", 429);
  await scene.start();
  scene.world.time += 23 * HOUR;
  for (const [, wrong] of WRONG) await whileWrong(scene, wrong, () => scene.start());
  expect(await scene.start()).toMatchObject({ reason: "usage" });
  scene.world.time += HOUR;
  expect(await scene.start()).toMatchObject({ reason: "unproven" });
});

test("a clock that was wrong in two ways makes no failure early", async () => {
  const scene = new AgentScene();
  await scene.loggedIn();
  scene.claude.api = error("You've hit your weekly limit · resets Monday", 429);
  await whileWrong(
    scene,
    (time) => time + YEAR,
    () => scene.start(),
  );
  await whileWrong(
    scene,
    (time) => time % HOUR,
    () => scene.start(),
  );
  await whileWrong(
    scene,
    (time) => time + YEAR / 2,
    () => scene.start(),
  );
  expect(await scene.start()).toMatchObject({ reason: "usage" });
});

test("the end of a login is known although its last refresh was proven while the clock was a year ahead", async () => {
  const scene = new AgentScene();
  await scene.loggedIn();
  const { loginExpiresAt } = scene.status();
  await whileWrong(
    scene,
    (time) => time + YEAR,
    () => scene.start(),
  );
  scene.claude.access.set(String(scene.claude.home()?.["accessToken"]), "alice@example.com");
  await scene.start();
  expect(scene.status()).toMatchObject({ loginExpiresAt, loginExpiryEstimated: false });
});

test("a wait for a CLI of an earlier run ends although the clock is set back meanwhile", async () => {
  const scene = new AgentScene();
  await scene.loggedIn();
  scene.world.put(userPlaces(HOME).agentState, JSON.stringify({ ...scene.state(), probing: true }));
  scene.world.living.add(1);
  scene.world.later.push({ at: scene.world.time + 60_000, happens: () => (scene.world.time -= YEAR) });
  const before = scene.world.effects.length;
  expect(await scene.start()).toMatchObject({ reason: "stuck" });
  const sleeps = scene.world.effects.slice(before).filter((name) => name === "sleep");
  expect(sleeps.length).toBeLessThan(1000);
});

test("a profile counts for no one when the clock jumped while it was fetched", async () => {
  const scene = new AgentScene();
  const { world } = scene;
  // Stored by a CLI while the clock was ahead; it is the former owner's.
  const oauthAccount = { emailAddress: "bob@example.com", profileFetchedAt: world.time + YEAR };
  world.put(`${HOME}/.claude.json`, JSON.stringify({ oauthAccount }));
  scene.claude.signIn(scene.claude.login());
  const answers = world.cli;
  let asked = 0;
  world.cli = async (question) => {
    if (asked++ === 0) world.time += YEAR;
    return answers(question);
  };
  expect((await scene.start()).backup).not.toBe("identity-mismatch");
  expect(scene.state().login?.identity?.email).not.toBe("bob@example.com");
});

/** Runs that the clock jumps in, before each of their steps. */
const RUNS: readonly (readonly [string, Mode, (scene: AgentScene) => void])[] = [
  ["a run", "run", () => undefined],
  ["a refresh", "run", (scene) => (scene.world.time += 9 * HOUR)],
  [
    "a backup",
    "backup",
    (scene) => {
      scene.world.time += 9 * HOUR;
      scene.session();
    },
  ],
  ["a new login", "backup", (scene) => scene.claude.signIn(scene.claude.login())],
  ["a restore", "run", (scene) => scene.world.nodes.delete(CREDENTIALS)],
  [
    "a restore of a login whose refresh token was lost",
    "run",
    (scene) => {
      scene.claude.signIn({ ...scene.claude.home(), refreshToken: "" });
      scene.claude.access.clear();
    },
  ],
];

describe.each(RUNS)("before each step of %s", (_, mode, arrange) => {
  test.each(WRONG)("the clock may be set %s, and right after the run", async (_name, wrong) => {
    for (let step = 1, steps = 1; step <= steps; step++) {
      const scene = new AgentScene();
      await scene.loggedIn();
      arrange(scene);
      const { world } = scene;
      world.effects.length = 0;
      let back = 0;
      world.before = (number) => {
        if (number !== step) return;
        back = world.time - wrong(world.time);
        world.time -= back;
      };
      await scene.start(mode);
      steps = world.effects.length;
      world.before = () => undefined;
      world.time += back;
      const told = `${wrong.toString()}, step ${step}`;
      for (let runs = 0; runs < 3; runs++) await scene.start();
      expect(await scene.start(), told).toMatchObject({ word: "OK", class: "ok", backup: "unchanged" });
      expect(scene.storedLogin(), told).toEqual(scene.claude.home());
      expect(scene.claude.replays, told).toBe(0);
      expect(scene.world.text(userPlaces(HOME).pending), told).toBeUndefined();
      expect(scene.status().failingSince, told).toBeNull();
    }
  });
});
