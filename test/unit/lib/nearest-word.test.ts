/** The word that a person probably meant. */
import { describe, expect, it } from "vitest";
import { nearest } from "../../../lib/nearest-word.ts";

describe("nearest", () => {
  it.each<[string, string | undefined]>([
    ["adress", "address"],
    ["mnout", "mount"],
    ["MOUNT", "mount"],
    ["fiel", "file"],
    ["uis", "uid"],
    ["dui", undefined],
    ["zebra", undefined],
    ["", undefined],
  ])("%j means %j", (word, expected) => {
    expect(nearest(word, ["address", "mount", "namespace", "file", "uid"])).toBe(expected);
  });
});
