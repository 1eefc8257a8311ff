/** The rules that the stack keeps where Prometheus reads them, and where they differ there. Pure. */
import { posix } from "node:path";
import { PROTOCOL } from "../host/protocol/shared.ts";
import type { RulesObservation, RulesPlan } from "../host/protocol/rules.ts";
import { sha256, short } from "./digests.ts";
import { fromHost } from "./drift.ts";
import type { FleetPlan, MonitoringPlan } from "./model.ts";
import { monitoringFiles } from "./monitoring/files.ts";
import { ruleSettings } from "./monitoring/settings.ts";

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

/** Notes of what a placement repairs; a first one is no repair. */
export function rulesDrift({ files }: RulesPlan, seen: RulesObservation): readonly string[] {
  if (seen.generation === 0) return [];
  return files.flatMap(({ path, content, mode }) => {
    const found = seen.files.find((file) => file.path === path);
    const note = (what: string) => [`rules ${path}: ${what} (placement ${seen.generation})`];
    if (found === undefined || found.sha256 === null) return note("is missing");
    if (found.sha256 !== sha256(content))
      return note(`is ${fromHost(short(found.sha256))} instead of ${short(sha256(content))}`);
    return found.mode === mode ? [] : note(`has the mode ${fromHost(found.mode ?? "unknown")}`);
  });
}
