/** Durations as settings write them, and as Go and Vault read them. */
import { describe, expect, it } from "vitest";
import { formatDuration, goDuration, parseDuration } from "../../../lib/duration.ts";

describe("durations", () => {
  it.each<[string, number]>([
    ["30s", 30],
    ["15m", 900],
    ["6h", 21_600],
    ["32d", 2_764_800],
    ["0s", 0],
  ])("%s is %i seconds, and back", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each(["", "6", "h", "6 h", "-6h", "6H", "1.5h", "6h30m", "1e3s", "99999999999s", "999999999d"])(
    "%j is none",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it.each<[number, string]>([
    [0, "0s"],
    [45, "45s"],
    [60, "1m0s"],
    [3661, "1h1m1s"],
  ])("%i seconds are %s to Go", (seconds, text) => {
    expect(goDuration(seconds)).toBe(text);
  });
});
