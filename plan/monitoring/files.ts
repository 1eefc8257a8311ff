/** Renders the files that Prometheus, Loki's ruler and Grafana read. */
import { stringify } from "yaml";
import { ruleFile, type RuleGroup } from "./alert.ts";
import { dashboard } from "./dashboard.ts";
import { expiryGroup } from "./expiry-alerts.ts";
import { hostGroup } from "./host-alerts.ts";
import { loginGroup } from "./login-alerts.ts";
import { lokiGroups } from "./loki-rules.ts";
import type { RuleSettings } from "./settings.ts";
import { tokenGroup } from "./token-alerts.ts";

/** Returns the groups for Prometheus. The group of the logins comes first: the others use its recordings. */
export function prometheusGroups(settings: RuleSettings): readonly RuleGroup[] {
  return [loginGroup(settings), expiryGroup(settings), hostGroup(settings), tokenGroup()];
}

/** Returns the text of each file by its name. */
export function monitoringFiles(settings: RuleSettings): Readonly<Record<string, string>> {
  return {
    "prometheus-rules.yaml": yaml(ruleFile(prometheusGroups(settings), settings.runbook)),
    "loki-rules.yaml": yaml(ruleFile(lokiGroups(settings), settings.runbook)),
    "dashboard.json": `${JSON.stringify(dashboard(), null, 2)}\n`,
  };
}

function yaml(value: object): string {
  return `# Rendered by claude-fleet (npm run monitoring); edits are lost.\n${stringify(value, { lineWidth: 0 })}`;
}
