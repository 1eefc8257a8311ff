/** Many schedules, or the one that CLAUDE_FLEET_SEED names, with its story. */
import { runSchedule, type ScheduleEnd } from "./schedule.ts";

/** What came of them. */
export interface SeedsEnd {
  /** A text for each schedule that broke a promise: how to see it again, and what was broken. */
  readonly failed: readonly string[];
  /** How often each outcome was reached. */
  readonly counts: Readonly<Record<string, number>>;
  /** One seed was named, and only that was run. */
  readonly only: boolean;
}

/** Runs the seeds from `first` to `last`. */
export async function runSchedules(first: number, last: number): Promise<SeedsEnd> {
  const named = process.env["CLAUDE_FLEET_SEED"];
  const only = named !== undefined && named !== "";
  const seeds = only
    ? [Number(named)]
    : Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const failed: string[] = [];
  const counts: Record<string, number> = {};
  for (const seed of seeds) {
    const end = await runSchedule(seed, { tracing: only });
    for (const [name, count] of Object.entries(end.counts)) counts[name] = (counts[name] ?? 0) + count;
    if (only) process.stderr.write(`${end.log.join("\n")}\n`);
    if (end.violations.length > 0) failed.push(tell(end));
  }
  return { failed, counts, only };
}

function tell({ seed, violations }: ScheduleEnd): string {
  const [first] = violations;
  return `CLAUDE_FLEET_SEED=${seed}: ${first?.rule}: ${first?.what}`;
}
