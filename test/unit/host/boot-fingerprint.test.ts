/** The boot fingerprint is stable while nothing happens, and changes when a host is rebuilt or restored from a copy. */
import { cp, mkdir, mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bootFingerprint } from "../../../host/boot-fingerprint.ts";

let root: string;
let folder: string;
/** Older kernels round a file's times to a tick of their clock, which is at most ten milliseconds. */
const tick = () => sleep(20);
const mark = () => bootFingerprint(join(folder, "generation"));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "memory-"));
  folder = join(root, "etc/claude-fleet/dev");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "generation"), "3\n");
});
afterEach(() => rm(root, { recursive: true }));

test("the fingerprint stays the same, whatever happens beside the file", async () => {
  const before = await mark();
  await writeFile(join(folder, "plan.json"), "{}");
  expect(await mark()).toBe(before);
  expect(before).toMatch(/^[0-9a-f]{8}$/);
});

test.each<[string, () => Promise<unknown>]>([
  ["is written again with the same content", () => writeFile(join(folder, "generation"), "3\n")],
  [
    "is restored with its former times",
    async () => {
      const copy = join(root, "copy");
      await cp(folder, copy, { recursive: true, preserveTimestamps: true });
      await rm(folder, { recursive: true });
      await rename(copy, folder);
      await utimes(join(folder, "generation"), 1, 1);
    },
  ],
  ["is removed", () => rm(join(folder, "generation"))],
  ["is removed with its folders", () => rm(join(root, "etc"), { recursive: true })],
])("the fingerprint changes when the file %s", async (_, change) => {
  const before = await mark();
  await tick();
  await change();
  expect(await mark()).not.toBe(before);
});

test("the fingerprint changes when the folder is removed a second time", async () => {
  await rm(folder, { recursive: true });
  const first = await mark();
  expect(await mark()).toBe(first);
  await tick();
  await mkdir(folder);
  await rm(folder, { recursive: true });
  expect(await mark()).not.toBe(first);
});
