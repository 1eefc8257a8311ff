/** The tables of docs/reference/metrics.md. */
import type { Unreadable } from "../../contract/agent-status.ts";
import { METRICS, STATUS_METRICS, USER_LABELS, type Metric } from "../../plan/metrics/metric-table.ts";
import { table, withTables } from "./tables.ts";

const REASONS: Readonly<Record<Unreadable, string>> = {
  missing: "No run has written a status yet. Run `npx claude-fleet check USER`.",
  "no-account": "The OS user does not exist on the workstation.",
  symlink: "A symbolic link lies in the place of the status.",
  "not-a-folder": "Something else lies in the place of a folder.",
  "not-a-file": "Something else than a regular file lies in the place of the status.",
  mount: "The file lies on another file system than the user's state folder.",
  owner: "The file belongs to another user.",
  "hard-link": "The file has a second name.",
  "too-large": "The file has more than 16 KiB.",
  shape: "The file is not a status of the agent.",
  "other-fleet": "Another fleet wrote the status. The next run replaces it.",
  "no-answer": "The home did not answer within 3 s, for example on a file server that is away.",
  denied: "Root cannot read that home, for example on NFS with `root_squash`.",
};

/** Returns the page with its tables as the code has them. */
export function metricsReference(page: string): string {
  return withTables(page, {
    workstation: metricTable(Object.values(METRICS)),
    status: metricTable(Object.values(STATUS_METRICS)),
    unreadable: table(
      ["reason", "what it means"],
      Object.entries(REASONS).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
    ),
  });
}

function metricTable(metrics: readonly Metric[]): string {
  return table(
    ["metric", "type", "labels", "meaning"],
    metrics.map((metric) => [
      `\`${metric.name}\``,
      metric.type,
      labelsOf(metric).join(", "),
      `${metric.help}.`,
    ]),
  );
}

function labelsOf({ name, labels }: Metric): readonly string[] {
  const own = name.startsWith("claude_fleet_user_") ? USER_LABELS : [];
  return [...own, ...labels].map((label) => `\`${label}\``);
}
