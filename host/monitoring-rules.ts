/** Observes, writes and removes the files for Prometheus, Loki and Grafana on their host. Touches nothing else. */
import { join } from "node:path";
import { ExpectedError } from "../lib/expected-error.ts";
import {
  foreignFiles,
  foreignFileProblem,
  observeFiles,
  removeEmptyFolder,
  removeHostFile,
  writeHostFile,
  writeHostFiles,
} from "./host-files.ts";
import { bootFingerprint } from "./boot-fingerprint.ts";
import type { ResultOf } from "../contract/actions.ts";
import { PROTOCOL } from "../contract/fields.ts";
import type { RulesObservation, RulesPlan } from "../contract/monitoring-rules.ts";
import { type HostSystem } from "./system.ts";
import { hostPlaces } from "./places.ts";
import { readTextFile } from "../lib/regular-file.ts";

/** The file that counts how often the files were written, so that a recurring drift has another text. */
const generationFile = ({ directory }: RulesPlan): string => join(directory, "generation");

/** Observes the files. */
export async function observeRules(system: HostSystem, plan: RulesPlan): Promise<RulesObservation> {
  return {
    protocol: PROTOCOL,
    generation: await generationOf(system, plan),
    mark: await bootFingerprint(hostPlaces(system).at(generationFile(plan))),
    files: await observeFiles(
      system,
      plan.files.map(({ path }) => path),
    ),
  };
}

/** Writes the files. @throws {ExpectedError} before any change, when a foreign file is in the way */
export async function placeRules(system: HostSystem, plan: RulesPlan): Promise<ResultOf<"rules">> {
  const generation = (await generationOf(system, plan)) + 1;
  const foreign = await foreignFiles(system, plan.files, new Set());
  if (foreign.length > 0) throw new ExpectedError(foreign.map(foreignFileProblem));
  const changed = await writeHostFiles(system, plan.files);
  const content = `${generation} placements by claude-fleet\n`;
  await writeHostFile(system, { path: generationFile(plan), mode: "0644", content });
  return { generation, changed: [...changed] };
}

/** Removes the files, and the folder when nothing else is in it. */
export async function removeRules(system: HostSystem, plan: RulesPlan): Promise<ResultOf<"rules">> {
  const generation = await generationOf(system, plan);
  const changed: string[] = [];
  for (const path of [...plan.files.map((file) => file.path), generationFile(plan)]) {
    if (await removeHostFile(system, path)) changed.push(path);
  }
  await removeEmptyFolder(hostPlaces(system).at(plan.directory));
  return { generation, changed };
}

/** Returns how often the files were written; 0 for never. */
async function generationOf(system: HostSystem, plan: RulesPlan): Promise<number> {
  const text = await readTextFile(hostPlaces(system).at(generationFile(plan)), 1000);
  return Number(/^\d{1,9}/.exec(text ?? "")?.[0] ?? 0);
}
