/** How a command ends that could not do what it was asked: problems on standard error, and an exit code. */
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { errorCode, ExpectedError, problemsOf } from "../lib/expected-error.ts";
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

/** Makes the last folder of a path where it is missing. @throws {ExpectedError} when it cannot be made */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder).catch((error: unknown) => {
    const code = errorCode(error);
    if (code === "EEXIST") return;
    throw new ExpectedError(`${folder} cannot be made (${code}); make the folder around it first.`);
  });
}

/** Writes a file that everybody may read. @throws {ExpectedError} when it cannot be written; what was there before is whole */
export async function writeOutput(file: string, text: string): Promise<void> {
  await writeFileAtomic(path.resolve(file), text, { mode: 0o644 }).catch((error: unknown) => {
    throw new ExpectedError(
      `${file} cannot be written (${errorCode(error)}); look at its folder, its rights and the space left there.`,
    );
  });
}

/** Reads a file that was named on the command line. @throws {ExpectedError} when it cannot be read */
export async function readInput(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: unknown) => {
    throw new ExpectedError(`${file} cannot be read (${errorCode(error)}); name the file that is meant.`);
  });
}
