/** Kills the real agent at some of its steps. test/full/killed-agent.test.ts kills it at each step. */
import { expect, test } from "vitest";
import { killing } from "../../support/killed/workshop.ts";

const kill = killing();

test.each([
  ["a first backup", [60, 100]],
  ["a login that is stored already", [50]],
  ["a refresh", [50, 85]],
  ["a restore", [60, 110, 150]],
  ["another writer beside the backup", [90]],
] as const)("%s", { timeout: 300_000 }, async (scene, steps) => {
  for (const step of steps) expect(await kill(scene, { when: "before", step })).toBe(true);
});
