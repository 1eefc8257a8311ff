/** The table and the sections of docs/reference/alerts.md. */
import { formatDuration } from "../../lib/duration.ts";
import type { Alert } from "../../plan/monitoring/alert.ts";
import { prometheusGroups } from "../../plan/monitoring/files.ts";
import { lokiGroups } from "../../plan/monitoring/loki-rules.ts";
import { DEFAULT_RULE_SETTINGS } from "../../plan/monitoring/settings.ts";
import { table, withTables } from "./tables.ts";

/** Returns the page with its table and its sections as the code has them. */
export function alertsReference(page: string): string {
  const groups = [...prometheusGroups(DEFAULT_RULE_SETTINGS), ...lokiGroups(DEFAULT_RULE_SETTINGS)];
  const all = groups.flatMap(({ alerts }) => alerts);
  const byName = [...new Set(all.map(({ name }) => name))].map((name): Named => [
    name,
    all.filter((alert) => alert.name === name),
  ]);
  return withTables(page, { overview: overview(byName), alerts: byName.map(section).join("\n\n") });
}

type Named = readonly [name: string, alerts: readonly Alert[]];

function overview(all: readonly Named[]): string {
  return table(
    ["alert", "severity", "meaning"],
    all.flatMap(([name, alerts]) =>
      alerts.map((alert) => [`[${name}](#${name.toLowerCase()})`, alert.severity, summary(alert)]),
    ),
  );
}

/** Returns a section. Its heading is the anchor to which the alert's annotation `runbook_url` links. */
function section([name, alerts]: Named): string {
  const lines = alerts.map((alert) => `- ${alert.severity}${held(alert)}: ${summary(alert)}.`);
  const commands = [...new Set(alerts.map(({ command }) => inWords(command)))];
  const explanation = alerts[0]?.explanation.join(" ") ?? "";
  return [`### ${name}`, lines.join("\n"), explanation, `\`\`\`sh\n${commands.join("\n")}\n\`\`\``].join(
    "\n\n",
  );
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
