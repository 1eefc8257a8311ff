// A build says what it was made from, so that the next start knows whether to build again.
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { buildPrograms, stampOf } from "../../../build/programs.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

it("lists every bundle and every source with its size and time", async () => {
  await buildPrograms(ROOT);
  const text = await readFile(path.join(ROOT, "dist/built-from.json"), "utf8");
  const listed = JSON.parse(text) as Record<string, [number, number]>;
  const wanted = [
    "agent/main.ts",
    "build/programs.ts",
    "cli/main.ts",
    "index.ts",
    "package.json",
    "policy/pack.ts",
  ];
  const bundles = [
    "dist/claude-fleet-host.cjs",
    "dist/claude-fleet.mjs",
    "dist/program.mjs",
    "policy/dist/pack.js",
  ];
  for (const file of [...wanted, ...bundles]) {
    const { size, mtimeMs } = await stat(path.join(ROOT, file));
    expect([file, listed[file]]).toEqual([file, [size, mtimeMs]]);
  }
});

it("gives no time to a source that has changed since the build began", () => {
  expect(stampOf({ size: 3, mtimeMs: 999 }, 1000)).toEqual([3, 999]);
  expect(stampOf({ size: 3, mtimeMs: 1000 }, 1000)).toEqual([3, 0]);
});
