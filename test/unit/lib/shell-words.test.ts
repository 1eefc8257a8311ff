/** Quoted words reach a shell unchanged. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellWord } from "../../../lib/shell-words.ts";

describe("shell words", () => {
  it("reach /bin/sh as they are", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: "binary" }).filter((word) => !word.includes("\0")),
          { maxLength: 5 },
        ),
        (words) => {
          const script = ["printf", "%s\\0", ...words.map((word) => `_${word}`)].map(shellWord).join(" ");
          const { stdout } = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8" });
          if (words.length > 0) expect(stdout).toBe(words.map((word) => `_${word}\0`).join(""));
        },
      ),
      { numRuns: 25 },
    );
  });

  it("refuse what no argument can hold", () => {
    expect(() => shellWord("a\0b")).toThrow(RangeError);
    expect(shellWord("")).toBe("''");
    expect(shellWord("it's")).toBe(`'it'\\''s'`);
  });
});
