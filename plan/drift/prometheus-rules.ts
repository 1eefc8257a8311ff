/** The rules that the stack keeps where Prometheus reads them, and where they differ there. Pure. */
import { posix } from "node:path";
import { PROTOCOL } from "../../contract/fields.ts";
import type { RulesObservation, RulesPlan } from "../../contract/monitoring-rules.ts";
import { sha256, short } from "../digests.ts";
import type { FleetPlan, MonitoringPlan } from "../model.ts";
import { withCounter } from "./apply-counter.ts";
import { monitoringFiles } from "../monitoring/files.ts";
import { ruleSettings } from "../monitoring/settings.ts";
import { fromHost } from "../../lib/printable.ts";

/** What the host of Prometheus is told. */
export function rulesPlan(plan: FleetPlan, { directory }: MonitoringPlan): RulesPlan {
  const files = Object.entries(monitoringFiles(ruleSettings(plan)));
  return {
    protocol: PROTOCOL,
    directory,
    files: files.map(([name, content]) => ({ path: posix.join(directory, name), mode: "0644", content })),
  };
}

/** Short digests by file name: what a diff names. */
export function rulesEntries({ files }: RulesPlan): Readonly<Record<string, string>> {
  return Object.fromEntries(files.map(({ path, content }) => [posix.basename(path), short(sha256(content))]));
}

/** Notes of what a placement repairs. */
export function rulesDrift({ directory, files }: RulesPlan, seen: RulesObservation): readonly string[] {
  const noted = (what: string) => [withCounter(`rules ${what}`, "placement", seen)];
  if (seen.generation === 0) return noted(`in ${directory}: nothing has been placed there`);
  return files.flatMap(({ path, content, mode }) => {
    const found = seen.files.find((file) => file.path === path);
    if (found === undefined || found.sha256 === null) return noted(`${path}: is missing`);
    if (found.sha256 !== sha256(content))
      return noted(`${path}: is ${fromHost(short(found.sha256))} instead of ${short(sha256(content))}`);
    return found.mode === mode ? [] : noted(`${path}: has the mode ${fromHost(found.mode ?? "unknown")}`);
  });
}
