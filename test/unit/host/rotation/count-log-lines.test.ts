/** Which lines of a container's log are counted, and from when. */
import { describe, expect, it } from "vitest";
import { countingFrom, countLine } from "../../../../host/rotation/count-log-lines.ts";

describe("log lines", () => {
  it("count once for each kind of text that they hold", () => {
    const counts = { noise: 0, refused: 0, fallback: 0, subscription: 0 };
    const logs = {
      windowSeconds: 3600,
      subscription: [],
      noise: ["token_revoked"],
      refused: ["401", "unauthorized"],
      fallback: ["fallback_key"],
    };
    for (const line of ["token_revoked token_revoked", "401 unauthorized", "fallback_key 401", "nothing"]) {
      countLine(counts, line, logs);
    }
    expect(counts).toEqual({ noise: 1, refused: 2, fallback: 1, subscription: 0 });
  });

  it("count from the container's start, or from the start of the window where that is later", () => {
    const now = Date.parse("2026-05-22T03:00:00Z");
    expect(countingFrom("2026-05-22T02:59:00.123456789Z", 3600, now)).toBe("2026-05-22T02:59:00.123Z");
    expect(countingFrom("2026-05-01T00:00:00Z", 3600, now)).toBe("2026-05-22T02:00:00.000Z");
    expect(countingFrom("", 3600, now)).toBe("2026-05-22T02:00:00.000Z");
  });
});
