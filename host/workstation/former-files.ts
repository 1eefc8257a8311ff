/** Finds the files that a former plan, or a former version of the program, has left on the host. */
import { dirname } from "node:path";
import type { HostPlan } from "../../contract/host-plan.ts";
import { UNIT_FOLDER } from "../../plan/units/names.ts";
import { FORMER_FILES } from "../../plan/workstation/files.ts";
import { observeFiles } from "../host-files.ts";
import type { HostSystem } from "../system.ts";

/**
 * Returns the existing files that neither `plan` nor the plan of another fleet has: those of the recorded plan, and those
 * of former versions that claude-fleet has written.
 */
export async function formerFiles(
  system: HostSystem,
  plan: Pick<HostPlan, "files">,
  recorded: HostPlan | undefined,
  others: readonly HostPlan[],
): Promise<readonly string[]> {
  const kept = new Set([plan, ...others].flatMap(({ files }) => files).map(({ path }) => path));
  const own = new Set(recorded?.files.map(({ path }) => path));
  const paths = [...new Set([...own, ...FORMER_FILES])].filter((path) => !kept.has(path));
  const found = await observeFiles(system, paths);
  return found
    .filter(({ path, sha256, foreign }) =>
      own.has(path) ? sha256 !== null || foreign : sha256 !== null && !foreign,
    )
    .map(({ path }) => path);
}

/** Returns whether a path is a unit's drop-in. The drift of its user or unit names it already. */
export function isDropIn(path: string): boolean {
  return path.startsWith(`${UNIT_FOLDER}/`) && dirname(path) !== UNIT_FOLDER;
}
