import { describe, expect, it } from "vitest";
import { closing, outcomeOf, sum } from "../../runner/outcome.ts";

const RUN = { what: "test/e2e/a.test.ts", code: 1, root: "/project" };

function report(file: { status: string; message?: string; tests?: readonly object[] }): string {
  return JSON.stringify({
    numPassedTests: 2,
    numFailedTests: 1,
    numPendingTests: 1,
    testResults: [
      {
        name: "/project/test/e2e/a.test.ts",
        status: file.status,
        message: file.message ?? "",
        assertionResults: file.tests ?? [],
      },
    ],
  });
}

const failing = {
  fullName: " rollout waits",
  status: "failed",
  failureMessages: ["AssertionError: expected 1 to be 2\n    at a.test.ts:3"],
};
const passing = { fullName: " rollout goes on", status: "passed", failureMessages: [] };

describe("the outcome of a run", () => {
  it("names each test that failed, with its file and message", () => {
    expect(outcomeOf(report({ status: "failed", tests: [failing, passing] }), RUN)).toEqual({
      passed: 2,
      failures: [
        {
          where: "test/e2e/a.test.ts: rollout waits",
          why: "AssertionError: expected 1 to be 2\n    at a.test.ts:3",
        },
      ],
      skipped: 1,
    });
  });

  it("counts a file that cannot be loaded, a report that is missing and a rejection outside of tests", () => {
    const of = (text: string | undefined) => outcomeOf(text, RUN).failures;
    expect(of(report({ status: "failed", message: "Cannot find module" }))).toEqual([
      { where: "test/e2e/a.test.ts", why: "Cannot find module" },
    ]);
    expect(of(undefined)).toEqual([{ where: "test/e2e/a.test.ts", why: "vitest wrote no report" }]);
    expect(of(report({ status: "passed", tests: [passing] }))).toEqual([
      { where: "test/e2e/a.test.ts", why: "vitest ended with exit code 1; its output above says why" },
    ]);
  });

  it("is none where all passed", () => {
    expect(outcomeOf(report({ status: "passed", tests: [passing] }), { ...RUN, code: 0 }).failures).toEqual(
      [],
    );
  });
});

describe("the end of a whole run", () => {
  const failure = { where: "test/e2e/a.test.ts: rollout waits", why: "expected 1 to be 2\nat line 3" };

  it("tells every failure again before the line that counts", () => {
    const total = sum([
      { passed: 3, failures: [failure], skipped: 0 },
      { passed: 4, failures: [], skipped: 0 },
    ]);
    expect(closing(total)).toBe(
      "\nFAILED test/e2e/a.test.ts: rollout waits\n    expected 1 to be 2\n    at line 3\n\n7 passed, 1 failed\n",
    );
  });

  it("is that line alone where nothing failed", () => {
    expect(closing({ passed: 7, failures: [], skipped: 2 })).toBe("\n7 passed, 0 failed, 2 skipped\n");
  });
});
