/** What came of test runs: how many passed, which failed and why, and the words in which a whole run ends. */
import path from "node:path";
import * as z from "zod";

/** A test that failed, or something around the tests that did. */
interface Failure {
  /** The test's file and full name, or what else failed. */
  readonly where: string;
  /** The first lines of its message. */
  readonly why: string;
}

/** Of one run of vitest, or of several. */
export interface Outcome {
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skipped: number;
}

/** Of nothing that ran. */
export const NOTHING: Outcome = { passed: 0, failures: [], skipped: 0 };

/** What vitest's JSON reporter writes, as far as it is read here: https://vitest.dev/guide/reporters#json-reporter */
const REPORT = z.object({
  numPassedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});

/** Adds outcomes up, in their order. */
export function sum(outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((total, { passed }) => total + passed, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
    skipped: outcomes.reduce((total, { skipped }) => total + skipped, 0),
  };
}

/**
 * Reads vitest's report. What it does not tell of is a failure, too: a report that is missing, a file that cannot be
 * loaded, a rejection that no test handles.
 * @param text the report, or undefined where none was written
 * @param run what ran, its exit code, and the folder from which files are named
 * @throws {Error} when the report has another shape
 */
export function outcomeOf(
  text: string | undefined,
  run: { readonly what: string; readonly code: number; readonly root: string },
): Outcome {
  if (text === undefined)
    return { ...NOTHING, failures: [{ where: run.what, why: "vitest wrote no report" }] };
  const report = REPORT.parse(JSON.parse(text));
  const told = report.testResults.flatMap((file) => {
    const name = path.relative(run.root, file.name);
    const tests = file.assertionResults
      .filter(({ status }) => status === "failed")
      .map((test) => ({
        where: `${name}: ${test.fullName.trim()}`,
        why: firstLines(test.failureMessages[0]),
      }));
    return tests.length === 0 && file.status === "failed"
      ? [{ where: name, why: firstLines(file.message) }]
      : tests;
  });
  const untold = {
    where: run.what,
    why: `vitest ended with exit code ${run.code}; its output above says why`,
  };
  return {
    passed: report.numPassedTests,
    failures: told.length === 0 && run.code !== 0 ? [untold] : told,
    skipped: report.numPendingTests,
  };
}

/** Lines of a failure's message that are repeated at the end. */
const LINES = 12;

function firstLines(message: string | undefined): string {
  const lines = (message ?? "").trimEnd().split("\n");
  return lines.slice(0, LINES).join("\n") || "no message";
}

/**
 * The end of a whole run. Failures are told once more here, since thousands of lines lie between them and the end, of
 * which a log that is cut keeps the last.
 */
export function closing({ passed, failures, skipped }: Outcome): string {
  const told = failures.map(({ where, why }) => `FAILED ${where}\n${why.replace(/^/gm, "    ")}\n\n`);
  const counts = `${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  return `\n${told.join("")}${counts}\n`;
}
