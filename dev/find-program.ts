/** Finds programs of the system. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Returns the absolute path of a program on PATH or in root's folders; undefined when there is none. */
export function findProgram(name: string): string | undefined {
  return [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"]
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
