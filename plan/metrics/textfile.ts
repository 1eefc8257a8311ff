/** Writes samples in the text format that node_exporter's textfile collector reads. */
import type { Sample } from "./workstation-samples.ts";
import { METRICS, type Metric } from "./metric-table.ts";

/**
 * Returns the whole file. Each metric of the table stands once, with its help and type, and its samples sorted by their
 * labels. Metrics without a sample are left out.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * @throws RangeError for a value that is not a finite number
 */
export function textfile(
  samples: readonly Sample[],
  table: Readonly<Record<string, Metric>> = METRICS,
): string {
  return Object.values(table)
    .map((metric) => {
      const own = samples.filter((sample) => sample.metric.name === metric.name).map(line);
      if (own.length === 0) return "";
      return `# HELP ${metric.name} ${metric.help}.\n# TYPE ${metric.name} ${metric.type}\n${own.sort().join("")}`;
    })
    .join("");
}

function line({ metric, labels, value }: Sample): string {
  if (!Number.isFinite(value)) throw new RangeError(`${metric.name} cannot be ${value}.`);
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${metric.name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
