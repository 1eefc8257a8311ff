/** Reads a stack's plan from its files alone: no engine, no state, no Vault token. */
import { ExpectedError } from "../../lib/expected-error.ts";
import { isMapping } from "../../lib/is-mapping.ts";
import type { FleetPlan } from "../../plan/model.ts";
import { PROJECT } from "../../plan/read-settings.ts";
import { parseYaml, plainData } from "../../plan/yaml-source.ts";
import { readPlanFiles, readSource, stackFile } from "../../program/plan-files.ts";

/**
 * The plan of `stack`, as the next `pulumi up` would read it.
 * @param file its settings, where they are not in `Pulumi.<stack>.yaml`
 * @throws {ExpectedError} when the stack's file cannot be read
 * @throws PlanError with every problem of settings and roster
 */
export function readStackPlan(root: string, stack: string, file = stackFile(root, stack)): FleetPlan {
  const source = readSource(root, file);
  if (source === undefined) throw new ExpectedError(`${file} cannot be read; check its rights.`);
  // Problems of the text are found again, with their places, by the reader of the settings.
  const stackData = plainData(parseYaml(source.file, source.text));
  const config = isMapping(stackData) ? stackData["config"] : undefined;
  const prefix = `${PROJECT}:`;
  const settings = Object.entries(isMapping(config) ? config : {})
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const);
  return readPlanFiles(root, file, Object.fromEntries(settings));
}
