/** Seeded schedules of everything that can happen around one login. test/full/simulation.test.ts runs ten thousand. */
import { expect, test } from "vitest";
import { runSchedules } from "../../support/simulation/seeds.ts";

test("no schedule breaks a promise", async () => {
  const { failed, counts } = await runSchedules(1, 300);
  expect(failed).toEqual([]);
  // They do reach what they are for.
  if (process.env["CLAUDE_FLEET_SEED"] !== undefined) return;
  for (const outcome of [
    "proven",
    "refresh-proven",
    "restored",
    "emptied",
    "written",
    "authDead",
    "lock-taken",
  ])
    expect([outcome, counts[outcome] ?? 0]).toEqual([
      outcome,
      expect.toSatisfy((count) => Number(count) > 10),
    ]);
});
