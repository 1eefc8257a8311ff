/** How variables of an environment file are read and replaced. */
import { describe, expect, it, test } from "vitest";
import { valueOf, withValue } from "../../../../host/rotation/environment-file.ts";

describe("an environment file", () => {
  test.each<[string, string | undefined]>([
    ["A=1", "1"],
    ["A = 1 ", "1"],
    [`A="1"`, "1"],
    ["export A='1'\r\n", "1"],
    ["A=1\nA=2\n", "2"],
    ["AA=1\n#A=1\n", undefined],
    ["A=\n", ""],
  ])("%j holds %j", (content, value) => {
    expect(valueOf(content, "A")).toBe(value);
  });

  it("keeps line ends, order and comments, and adds missing variables at the end", () => {
    expect(withValue("# A=1\r\nA=1\r\nB=2\r\n", ["A"], "x")).toBe("# A=1\r\nA=x\r\nB=2\r\n");
    expect(withValue("B=2", ["A", "C"], "x")).toBe("B=2\nA=x\nC=x\n");
    expect(withValue("", ["A"], "x")).toBe("A=x\n");
  });
});
