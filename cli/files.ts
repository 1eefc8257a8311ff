/** The files that a command line names: read and written with errors that a person can act on. */
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../lib/expected-error.ts";

/** Creates the last folder of a path when it is missing. @throws {ExpectedError} when it cannot be created */
export async function createFolder(folder: string): Promise<void> {
  await mkdir(folder).catch((error: unknown) => {
    const code = errorCode(error);
    if (code === "EEXIST") return;
    throw new ExpectedError(`${folder} cannot be created (${code}). Create the folder around it first.`);
  });
}

/** Writes a file that everybody may read, all or nothing. @throws {ExpectedError} when it cannot be written */
export async function writeOutput(file: string, text: string): Promise<void> {
  await writeFileAtomic(path.resolve(file), text, { mode: 0o644 }).catch((error: unknown) => {
    throw new ExpectedError(
      `${file} cannot be written (${errorCode(error)}). Check its folder, your rights and the free space there.`,
    );
  });
}

/** Reads a file. @throws {ExpectedError} when it cannot be read */
export async function readInput(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: unknown) => {
    throw new ExpectedError(`${file} cannot be read (${errorCode(error)}). Check the path and your rights.`);
  });
}
