/** Plans the alert rules that the stack keeps on the host of Prometheus. */
import { posix } from "node:path";
import { PROTOCOL } from "../../contract/fields.ts";
import type { RulesPlan } from "../../contract/monitoring-rules.ts";
import type { FleetPlan, MonitoringPlan } from "../model.ts";
import { monitoringFiles } from "./files.ts";
import { ruleSettings } from "./settings.ts";
import { sha256Of, shortDigest } from "../../lib/sha256.ts";

/** Returns the plan for the host of Prometheus. */
export function rulesPlan(plan: FleetPlan, { directory }: MonitoringPlan): RulesPlan {
  const files = Object.entries(monitoringFiles(ruleSettings(plan)));
  return {
    protocol: PROTOCOL,
    directory,
    files: files.map(([name, content]) => ({ path: posix.join(directory, name), mode: "0644", content })),
  };
}

/** Returns short digests by file name, so that a diff names the changed file. */
export function rulesEntries({ files }: RulesPlan): Readonly<Record<string, string>> {
  return Object.fromEntries(
    files.map(({ path, content }) => [posix.basename(path), shortDigest(sha256Of(content))]),
  );
}
