/** Claude Code's locks: waited for, taken over when they are stale, and given back. */
import { expect, test } from "vitest";
import {
  clearStaleLocks,
  lockPaths,
  lockTimes,
  withClaudeLocks,
  writeLockPath,
} from "../../../claude/locks.ts";
import { HOME } from "../../support/fakes/fake-agent.ts";
import { FakeWorld } from "../../support/fakes/fake-world.ts";

const FOLDER = `${HOME}/.claude`;
const [first = "", second = ""] = lockPaths(FOLDER);
const write = writeLockPath(FOLDER);
const times = { stealMs: 60_000, giveUpMs: 90_000 };

function heldBy(world: FakeWorld, path: string, mtimeMs: number): void {
  world.folders(path);
  world.nodes.set(path, { kind: "directory", mtimeMs });
}

test("both refresh locks are held during the work, in their order, and removed afterwards", async () => {
  const world = new FakeWorld();
  world.folders(FOLDER);
  const ours = await withClaudeLocks(world, FOLDER, times, (locks) => {
    expect([world.nodes.has(first), world.nodes.has(second)]).toEqual([true, true]);
    return locks.stillOurs();
  });
  expect(ours).toBe(true);
  expect(world.effects.filter((name) => name.startsWith("makeLock"))).toEqual([
    `makeLock ${first}`,
    `makeLock ${second}`,
  ]);
  expect([world.nodes.has(first), world.nodes.has(second)]).toEqual([false, false]);
});

test("the write lock is held inside both refresh locks, and only during the change", async () => {
  const world = new FakeWorld();
  world.folders(FOLDER);
  await withClaudeLocks(world, FOLDER, times, async (locks) => {
    expect(world.nodes.has(write)).toBe(false);
    const ours = await locks.whileWriting(() => {
      expect([first, second, write].map((path) => world.nodes.has(path))).toEqual([true, true, true]);
      return locks.stillOurs();
    });
    expect(ours).toBe(true);
    expect([first, second, write].map((path) => world.nodes.has(path))).toEqual([true, true, false]);
  });
  expect(world.effects.filter((name) => name.startsWith("makeLock"))).toEqual([
    `makeLock ${first}`,
    `makeLock ${second}`,
    `makeLock ${write}`,
  ]);
});

test("the write lock is given back when the change fails", async () => {
  const world = new FakeWorld();
  world.folders(FOLDER);
  const fails = withClaudeLocks(world, FOLDER, times, (locks) =>
    locks.whileWriting(() => Promise.reject(new Error("no space"))),
  );
  await expect(fails).rejects.toThrow("no space");
  expect([...world.nodes.keys()].filter((path) => path.includes(".lock"))).toEqual([]);
});

test("another process's write is waited for, and nothing is changed when it does not end", async () => {
  const world = new FakeWorld();
  heldBy(world, write, world.time);
  for (let at = 5000; at < 200_000; at += 5000) {
    world.later.push({ at: world.time + at, happens: () => heldBy(world, write, world.time) });
  }
  let changed = false;
  const change = () => Promise.resolve((changed = true));
  expect(await withClaudeLocks(world, FOLDER, times, (locks) => locks.whileWriting(change))).toBeUndefined();
  expect(changed).toBe(false);
  expect(world.nodes.has(write)).toBe(true);
});

test("a stale write lock is found and removed like the refresh locks", async () => {
  const world = new FakeWorld();
  heldBy(world, write, 5);
  const seen = await lockTimes(world, FOLDER);
  expect([...seen.keys()]).toEqual([write]);
  await clearStaleLocks(world, seen);
  expect(world.nodes.has(write)).toBe(false);
});

test.each([
  ["an hour old", -3_600_000],
  ["from the future", 3_600_000],
])("a lock that is %s is taken over when it was not touched for long enough", async (_, offset) => {
  const world = new FakeWorld();
  heldBy(world, first, world.time + offset);
  const start = world.time;
  expect(await withClaudeLocks(world, FOLDER, times, () => Promise.resolve("done"))).toBe("done");
  expect(world.time - start).toBeGreaterThanOrEqual(60_000);
  expect([...world.nodes.keys()].filter((path) => path.includes(".lock"))).toEqual([]);
});

test("a lock that is touched is never taken over", async () => {
  const world = new FakeWorld();
  heldBy(world, first, world.time);
  for (let at = 5000; at < 120_000; at += 5000) {
    world.later.push({ at: world.time + at, happens: () => heldBy(world, first, world.time) });
  }
  expect(await withClaudeLocks(world, FOLDER, times, () => Promise.resolve("done"))).toBeUndefined();
  expect(world.nodes.has(first)).toBe(true);
});

test("a holder that lost a lock knows it, and does not remove the new holder's lock", async () => {
  const world = new FakeWorld();
  world.folders(FOLDER);
  const ours = await withClaudeLocks(world, FOLDER, times, (locks) => {
    world.time += 100_000;
    heldBy(world, first, world.time);
    return locks.stillOurs();
  });
  expect(ours).toBe(false);
  expect(world.nodes.has(first)).toBe(true);
  expect(world.nodes.has(second)).toBe(false);
});

test("only locks that were not touched meanwhile are removed", async () => {
  const world = new FakeWorld();
  heldBy(world, first, 5);
  heldBy(world, second, 5);
  const seen = await lockTimes(world, FOLDER);
  heldBy(world, second, 6);
  await clearStaleLocks(world, seen);
  expect([world.nodes.has(first), world.nodes.has(second)]).toEqual([false, true]);
});
