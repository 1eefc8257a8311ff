/** Reads the roster and the files that the settings name, and builds the plan from them. Needs no Pulumi. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { ExpectedError } from "../lib/expected-error.ts";
import { loadPlan, namedFiles, type SourceFile } from "../plan/load.ts";
import type { FleetPlan } from "../plan/model.ts";

/**
 * Returns the plan of a stack.
 * @param root the project's folder, which relative paths of the settings start from
 * @param file the stack's settings, for the places of problems
 * @param settings by name without `claude-fleet:`; structured settings are parsed
 * @throws {ExpectedError} when the roster cannot be read
 * @throws PlanError with every problem of both files, each with its place and remedy
 */
export function readPlanFiles(
  root: string,
  file: string,
  settings: Readonly<Record<string, unknown>>,
): FleetPlan {
  const files = namedFiles(settings, root);
  const roster = readSource(root, files.roster);
  if (roster === undefined) {
    throw new ExpectedError(
      `${path.relative(root, files.roster)}: the roster cannot be read. Create it, or name another file by \`pulumi config set claude-fleet:roster FILE\`.`,
    );
  }
  return loadPlan({
    settings,
    settingsSource: readSource(root, file),
    roster,
    ca: files.ca === undefined ? undefined : readSource(root, files.ca),
    projectFolder: root,
  });
}

/** Returns the path of a stack's settings. */
export function stackFile(root: string, stack: string): string {
  return path.join(root, `Pulumi.${stack}.yaml`);
}

/** Reads a file, with the name that messages use. @returns undefined when it cannot be read */
export function readSource(root: string, file: string): SourceFile | undefined {
  try {
    return { file: path.relative(root, file) || file, text: readFileSync(file, "utf8") };
  } catch {
    return undefined;
  }
}
