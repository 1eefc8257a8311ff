/** How a command ends: its exit code, and its problems on standard error. */
import { ExpectedError, problemsOf } from "../lib/expected-error.ts";
import { formatProblem, PlanError } from "../plan/problems.ts";
import { FAILED } from "./help.ts";

/** Returns the sentences of an error that a person is meant to read. @throws the error itself when it is unexpected */
export function sentencesOf(error: unknown): readonly string[] {
  if (error instanceof PlanError) return error.problems.map(formatProblem);
  if (error instanceof ExpectedError) return problemsOf(error);
  throw error;
}

/** Prints problems on standard error. @returns the exit code: 0 when there are none */
export function printProblems(problems: readonly string[]): number {
  for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
  return problems.length === 0 ? 0 : FAILED;
}

/** Prints an expected error. @returns the exit code @throws the error itself when it is unexpected */
export function reportProblems(error: unknown): number {
  return printProblems(sentencesOf(error));
}

/** Returns the action of a command: expected errors are printed, and `work` returns the exit code, or nothing for 0. */
export function exitCodeOf<Args extends readonly unknown[]>(
  work: (...args: Args) => Promise<number | void>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    process.exitCode = (await work(...args).catch(reportProblems)) ?? 0;
  };
}
