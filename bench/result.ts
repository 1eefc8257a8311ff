/** What a benchmark reports, for people and for machines. */
import { median, type Measurement } from "./measure.ts";

/** One figure beside its baseline, both from the same run of the benchmark. */
export interface Result {
  readonly name: string;
  readonly unit: "s" | "MiB" | "services";
  /** Median of the runs. */
  readonly ours: number;
  /** Median of what a user would do instead; null where there is no such thing. */
  readonly baseline: number | null;
  /** `ours / baseline`. */
  readonly ratio: number | null;
  readonly runs: number;
}

/** Time and memory of paired runs; `baseline` is empty where there is none. */
export function results(
  name: string,
  ours: readonly Measurement[],
  baseline: readonly Measurement[],
): readonly Result[] {
  return [
    figure(
      name,
      "s",
      ours.map(({ seconds }) => seconds),
      baseline.map(({ seconds }) => seconds),
    ),
    figure(
      `${name}, memory`,
      "MiB",
      ours.map(({ peakMiB }) => peakMiB),
      baseline.map(({ peakMiB }) => peakMiB),
    ),
  ];
}

/** One figure from its runs. */
export function figure(
  name: string,
  unit: Result["unit"],
  ours: readonly number[],
  baseline: readonly number[],
): Result {
  const [a, b] = [median(ours), baseline.length === 0 ? null : median(baseline)];
  return {
    name,
    unit,
    ours: round(a),
    baseline: b === null ? null : round(b),
    ratio: b === null ? null : round(a / b),
    runs: ours.length,
  };
}

/** The results as a table of fixed columns. */
export function table(list: readonly Result[]): string {
  const width = Math.max(...list.map(({ name }) => name.length), 4);
  const row = (cells: readonly [string, string, string, string, string]) =>
    `${cells[0].padEnd(width)}  ${cells
      .slice(1)
      .map((cell) => cell.padStart(10))
      .join("  ")}`;
  return [
    row(["name", "ours", "baseline", "ratio", "runs"]),
    ...list.map(({ name, unit, ours, baseline, ratio, runs }) =>
      row([
        name,
        `${ours} ${unit}`,
        baseline === null ? "-" : `${baseline} ${unit}`,
        String(ratio ?? "-"),
        String(runs),
      ]),
    ),
  ].join("\n");
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
