/** The text with all drifts of a review. */
import { describe, expect, it } from "vitest";
import { driftReport } from "../../../../plan/drift/report.ts";

describe("the report", () => {
  it("has a line for each drift, by place, without the counter", () => {
    const report = driftReport([
      { place: "Vault", drifts: ["policy x: is missing"] },
      {
        place: "workstation devvm",
        drifts: [
          "workstation devvm: nothing has been applied here (apply 0, 0a1b2c3d)",
          "file a: is missing (apply 12, 0a1b2c3d)",
        ],
      },
      { place: "token platform", drifts: ["container c: does not run (gate 2, 0a1b2c3d)"] },
    ]);
    expect(report?.split("\n")).toEqual([
      "4 drifts from the roster and the settings:",
      "drift: Vault: policy x: is missing",
      "drift: token platform: container c: does not run",
      "drift: workstation devvm: file a: is missing",
      "drift: workstation devvm: nothing has been applied here",
    ]);
  });

  it("is undefined without drifts, and counts one drift in the singular", () => {
    expect(driftReport([{ place: "Vault", drifts: [] }])).toBeUndefined();
    expect(driftReport([{ place: "Vault", drifts: ["x: y"] }])).toMatch(/^1 drift from the roster/);
  });
});
