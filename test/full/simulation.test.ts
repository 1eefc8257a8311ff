/** Ten thousand seeded schedules around one login. */
import { expect, test } from "vitest";
import { runSchedules } from "../support/simulation/seeds.ts";

const SEEDS = 10_000;
const AT_ONCE = 1000;

test("no schedule of ten thousand breaks a promise", { timeout: 3_600_000 }, async () => {
  const failed: string[] = [];
  const counts: Record<string, number> = {};
  for (let first = 1; first <= SEEDS; first += AT_ONCE) {
    const end = await runSchedules(first, first + AT_ONCE - 1);
    failed.push(...end.failed);
    for (const [name, count] of Object.entries(end.counts)) counts[name] = (counts[name] ?? 0) + count;
    if (end.only) break;
  }
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  expect(failed).toEqual([]);
});
