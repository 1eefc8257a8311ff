/** Checks sudoers files before they are put in place: one file with a mistake makes some versions of sudo refuse everybody. */
import { dirname } from "node:path";
import type { HostFile } from "../contract/fields.ts";
import { SUDOERS_FOLDER } from "../plan/workstation/sudoers.ts";
import type { HostSystem } from "./system.ts";

/** Returns the problems of the sudoers files among `files`, one sentence each. */
export async function sudoersProblems(
  system: Pick<HostSystem, "checkSudoers">,
  files: readonly HostFile[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { path, content } of files) {
    if (dirname(path) !== SUDOERS_FOLDER) continue;
    const why = await system.checkSudoers(content);
    if (why === undefined) continue;
    problems.push(`${path} cannot be used here: ${why}. Or set \`renewal.sudoers: false\`.`);
  }
  return problems;
}
