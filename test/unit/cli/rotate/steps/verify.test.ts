/** Tests what is concluded from a task, and about the former token. */
import { describe, expect, it } from "vitest";
import { fateOf, taskComplaint } from "../../../../../cli/rotate/steps/verify.ts";

describe("after the rollout", () => {
  it("a task must have cost nothing, and name a source that is free", () => {
    const free = { freeSources: ["max_subscription"] };
    expect(taskComplaint({ cost: 0, source: "max_subscription" }, free)).toBeUndefined();
    expect(taskComplaint({ cost: 0, source: "x" }, { freeSources: [] })).toBeUndefined();
    expect(taskComplaint({ cost: 0.01, source: "max_subscription" }, free)).toContain("cost 0.01");
    expect(taskComplaint({ cost: 0, source: "api_key" }, free)).toContain("none of max_subscription");
  });

  it("the report says whether the former token still works", () => {
    const former = (outcome: "ok" | "refused" | "upstream") => ({
      former: { sha256: "b".repeat(64), call: { outcome, why: "" } },
    });
    expect(fateOf({ former: null })).toEqual([]);
    expect(fateOf(former("ok"))[0]).toContain("bbbbbbbbbbbb, still works");
    expect(fateOf(former("refused"))[0]).toContain("is refused by now");
    expect(fateOf(former("upstream"))[0]).toMatch(/^It is not known whether /);
  });
});
