/** Programs are started with what they were given, and a lock ends with its holder. */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { eachLimited } from "../../../lib/each-limited.ts";
import { takeLock } from "../../../lib/file-lock.ts";
import { command, describeEnd, endOf, start } from "../../../lib/process.ts";
import { temporaryFolder } from "../../support/fakes/temporary-folder.ts";

test("a program that the system refuses to start has an end, and so has its output", async () => {
  const child = start("/bin/echo", ["x".repeat(3_000_000)], { env: {}, buffer: false });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  expect(lines).toEqual([]);
  expect(describeEnd(endOf(await child))).toBe("could not be started (E2BIG)");
});

test("an operator's command tells each line, and fails with its last ones", async () => {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  expect(await command("/bin/sh", ["-c", "cat; echo two >&2"], { input: "one\n", say })).toBe("one\n");
  expect(said.toSorted()).toEqual(["one", "two"]);
  await expect(command("/bin/sh", ["-c", "seq 20; exit 3"])).rejects.toThrow(
    /^\/bin\/sh -c seq 20; exit 3 ended with exit code 3:\n {2}13\n[^]*\n {2}20$/,
  );
  await expect(command("/proc/self/absent", [])).rejects.toThrow("could not be started (ENOENT).");
});

test("a lock excludes others until it is released", async () => {
  const path = join(await temporaryFolder(), "lock");
  const first = await takeLock(path, 0);
  expect(first).toBeDefined();
  expect(await takeLock(path, 0)).toBeUndefined();
  await first?.release();
  const second = await takeLock(path, 0);
  expect(second).toBeDefined();
  await second?.release();
});

test("a child of a lock's holder does not keep it", async () => {
  const path = join(await temporaryFolder(), "lock");
  const held = await takeLock(path, 0);
  // A child that lives on while the lock is released: it must not have inherited it.
  const child = start("sleep", ["2"], { env: process.env });
  await held?.release();
  const next = await takeLock(path, 0);
  expect(next).toBeDefined();
  await next?.release();
  await child;
});

test("work is done in order, a few at a time", async () => {
  let running = 0;
  let most = 0;
  const results = await eachLimited([5, 1, 3, 2, 4], 2, async (item) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, item));
    running--;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 30, 20, 40]);
  expect(most).toBe(2);
});

test("work that hangs does not hold up the work behind it", async () => {
  const begun: number[] = [];
  let release: () => void = () => undefined;
  const hanging = new Promise<void>((resolve) => (release = resolve));
  const work = async (item: number) => {
    begun.push(item);
    if (item === 4) release();
    else if (item < 3) await hanging;
    return item;
  };
  expect(await eachLimited([0, 1, 2, 3, 4], 2, work, 20)).toEqual([0, 1, 2, 3, 4]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});
