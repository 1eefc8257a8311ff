/** How a command ends that could not do what it was asked: problems on standard error, and an exit code. */
import { ExpectedError, problemsOf } from "../lib/expected-error.ts";
import { formatProblem, PlanError } from "../plan/problems.ts";

/** The sentences of an error that a person is meant to read. @throws the error itself when it is another one */
export function sentencesOf(error: unknown): readonly string[] {
  if (error instanceof PlanError) return error.problems.map(formatProblem);
  if (error instanceof ExpectedError) return problemsOf(error);
  throw error;
}

/** Prints them. @returns 1 */
export function reportProblems(error: unknown): number {
  for (const sentence of sentencesOf(error)) process.stderr.write(`error: ${sentence}\n`);
  return 1;
}
