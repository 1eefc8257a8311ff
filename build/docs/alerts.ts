/** The table and the sections of docs/reference/alerts.md. */
import { formatDuration } from "../../lib/duration.ts";
import type { Alert } from "../../plan/monitoring/alert.ts";
import { prometheusGroups } from "../../plan/monitoring/files.ts";
import { lokiGroups } from "../../plan/monitoring/loki-rules.ts";
import { DEFAULT_RULE_SETTINGS } from "../../plan/monitoring/settings.ts";
import { table, withTables } from "./tables.ts";

/** Returns the page with its table, and with the part of each section that the code has: conditions and commands. */
export function alertsReference(page: string): string {
  const groups = [...prometheusGroups(DEFAULT_RULE_SETTINGS), ...lokiGroups(DEFAULT_RULE_SETTINGS)];
  const all = groups.flatMap(({ alerts }) => alerts);
  const names = [...new Set(all.map(({ name }) => name))];
  const sections = names.map((name): [string, string] => [
    name,
    section(all.filter((alert) => alert.name === name)),
  ]);
  return withTables(page, { overview: overview(all), ...Object.fromEntries<string>(sections) });
}

function overview(all: readonly Alert[]): string {
  return table(
    ["alert", "severity", "meaning"],
    all.map((alert) => [`[${alert.name}](#${alert.name.toLowerCase()})`, alert.severity, summary(alert)]),
  );
}

/** Returns the generated part of a section. The annotation `runbook_url` links to the heading above it. */
function section(alerts: readonly Alert[]): string {
  const lines = alerts.map((alert) => `- ${alert.severity}${held(alert)}: ${summary(alert)}.`);
  const commands = [...new Set(alerts.map(({ command }) => inWords(command)))];
  return `${lines.join("\n")}\n\n\`\`\`sh\n${commands.join("\n")}\n\`\`\``;
}

function held({ forSeconds }: Alert): string {
  return forSeconds === 0 ? "" : `, after ${formatDuration(forSeconds)}`;
}

function summary({ about, means }: Alert): string {
  return inWords(`${about} ${means}`);
}

/** Replaces the templates of labels by words: `{{ $labels.user }}` by `USER`. */
function inWords(text: string): string {
  return text
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => label.toUpperCase())
    .replaceAll("{{ $value }}", "N");
}
