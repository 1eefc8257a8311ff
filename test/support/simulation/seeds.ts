/** Runs many schedules. With CLAUDE_FLEET_SEED it runs only this seed, and prints what happens. */
import { runSchedule, type ScheduleEnd } from "./schedule.ts";

/** The outcome of many schedules. */
export interface SeedsEnd {
  /** One text for each schedule that broke a promise: the seed, and what was broken. */
  readonly failed: readonly string[];
  /** How often each outcome came about. */
  readonly counts: Readonly<Record<string, number>>;
  /** Whether CLAUDE_FLEET_SEED named the only seed. */
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
