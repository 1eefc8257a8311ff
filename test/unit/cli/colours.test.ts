/** Tests the colours of words on a terminal. */
import { describe, expect, it } from "vitest";
import { coloured } from "../../../cli/colours.ts";

const terminal = { isTTY: true };

describe("colours", () => {
  it("mark the first word, on a terminal", () => {
    expect(coloured("FAIL user=a", terminal, {})).toBe("\u001b[31mFAIL\u001b[39m user=a");
    expect(coloured("FAILED user=a", terminal, {})).toBe("FAILED user=a");
  });

  it("are left out in a pipe, and with NO_COLOR", () => {
    expect(coloured("OK a", { isTTY: false }, {})).toBe("OK a");
    expect(coloured("OK a", terminal, { NO_COLOR: "1" })).toBe("OK a");
  });
});
