import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testFiles } from "../../runner/lanes.ts";
import { MINUTES, minutesOf } from "../../runner/minutes.ts";
import { filesOf, readPart, WHOLE } from "../../runner/parts.ts";

const root = join(import.meta.dirname, "../../..");
const FULL = testFiles(["full", "e2e", "engine"]);

describe("the parts of a run", () => {
  it("have every file exactly once, whatever their number is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (of) => {
        const parts = Array.from({ length: of }, (_, index) => filesOf({ number: index + 1, of }, FULL));
        const found = parts.flat().map(({ file }) => file);
        expect(found.toSorted()).toEqual(FULL.map(({ file }) => file).toSorted());
      }),
      { numRuns: 20 },
    );
  });

  it("of the full run take at most two hours each on two environments, when there are four", () => {
    for (const number of [1, 2, 3, 4]) {
      const minutes = filesOf({ number, of: 4 }, FULL).map(minutesOf);
      const total = minutes.reduce((sum, each) => sum + each, 0);
      expect(Math.max(total / 2, ...minutes)).toBeLessThan(120);
    }
  });

  it("begin with their longest file", () => {
    const minutes = filesOf(WHOLE, FULL).map(minutesOf);
    expect(minutes).toEqual(minutes.toSorted((a, b) => b - a));
  });

  it("are named by their number and how many there are", () => {
    expect(readPart("2/4")).toEqual({ number: 2, of: 4 });
    for (const text of ["0/4", "5/4", "1", "1/0", "a/b", "1/4/2", ""]) {
      expect(() => readPart(text), text).toThrow("names no part: write --shard 1/4");
    }
  });
});

it("the table of minutes names files that exist", () => {
  expect(Object.keys(MINUTES).filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
