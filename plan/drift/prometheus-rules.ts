/** Describes how the alert rules on the host of Prometheus drift from the plan. */
import type { RulesObservation, RulesPlan } from "../../contract/monitoring-rules.ts";
import { fromHost } from "../../lib/printable.ts";
import { withCounter } from "./apply-counter.ts";
import { sha256Of, shortDigest } from "../../lib/sha256.ts";

/** Returns the drifts that a placement of the rules repairs. */
export function rulesDrift({ directory, files }: RulesPlan, observed: RulesObservation): readonly string[] {
  const counted = (drift: string) => withCounter(`rules ${drift}`, "placement", observed);
  if (observed.generation === 0) return [counted(`in ${directory}: nothing has been placed there`)];
  return files.flatMap((file) => {
    const found = observed.files.find(({ path }) => path === file.path);
    const drift = fileDrift(file, found);
    return drift === undefined ? [] : [counted(`${file.path}: ${drift}`)];
  });
}

function fileDrift(
  { content, mode }: RulesPlan["files"][number],
  found: RulesObservation["files"][number] | undefined,
): string | undefined {
  if (found === undefined || found.sha256 === null) return "is missing";
  if (found.sha256 !== sha256Of(content)) {
    return `is ${fromHost(shortDigest(found.sha256))} instead of ${shortDigest(sha256Of(content))}`;
  }
  return found.mode === mode ? undefined : `has the mode ${fromHost(found.mode ?? "unknown")}`;
}
