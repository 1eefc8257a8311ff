/**
 * Short CLI commands that die in a refresh burn logins. The runs that root starts when an access token enters the refresh
 * window prevent most of that. Compares four weeks with and without those runs; the person types the same in both.
 */
import { expect, test } from "vitest";
import { liveMonth, type Month } from "../../support/simulation/month.ts";

const MINUTE = 60_000;
const USUAL: Month = { version: "2.1.330", scheduled: true, lateMs: 0, vaultAway: false, sleeps: false };

/**
 * What happens, and the bounds of the logins that die: at least so many without the runs, at most so many with them. Late
 * runs prevent half of the deaths; how many more depends on the seed.
 */
const MONTHS: readonly (readonly [string, Partial<Month>, number, number])[] = [
  ["a usual month", {}, 30, 1],
  ["Vault is away half of the time", { vaultAway: true }, 30, 1],
  ["the host sleeps over expiries", { sleeps: true }, 12, 1],
  ["runs begin up to three minutes late", { lateMs: 3 * MINUTE }, 36, 18],
  [
    "all of that, with 2.1.197",
    { version: "2.1.197", vaultAway: true, sleeps: true, lateMs: 3 * MINUTE },
    22,
    11,
  ],
];

test.each(MONTHS)("%s", { timeout: 300_000 }, async (_, changes, least, most) => {
  const without = await liveMonth(1, { ...USUAL, ...changes, scheduled: false });
  const scheduled = await liveMonth(1, { ...USUAL, ...changes });
  process.stdout.write(`${JSON.stringify({ without, scheduled })}\n`);
  expect(without.deaths).toBeGreaterThanOrEqual(least);
  expect(scheduled.deaths).toBeLessThanOrEqual(most);
  // The agent's own CLI makes the refreshes, with at most one more inference for each access token.
  expect(scheduled.byAgent).toBeGreaterThan(2 * without.byAgent);
  expect(scheduled.runs - without.runs).toBeLessThanOrEqual(scheduled.refreshes + 5);
});
