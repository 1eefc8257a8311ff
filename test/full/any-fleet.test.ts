/** A hundred thousand random and changed rosters and settings; see test/component/policy/any-fleet.test.ts. */
import { expect, it } from "vitest";
import { judgeFleets } from "../support/component/policy/any-fleet.ts";

const BATCH = 250;
const FLEETS = 100_000;

const HOUR = 3_600_000;

it(
  `${FLEETS} rosters and settings are safe, or refused with file, line and column`,
  { timeout: 3 * HOUR },
  async () => {
    let [accepted, refused] = [0, 0];
    for (let seed = 1; seed <= FLEETS / BATCH; seed++) {
      const outcome = await judgeFleets(seed, BATCH);
      expect(outcome.wrong.slice(0, 3), `seed ${seed}`).toEqual([]);
      accepted += outcome.accepted;
      refused += outcome.refused;
    }
    expect(accepted + refused).toBe(FLEETS);
    // Neither kind is left to chance.
    expect(Math.min(accepted, refused)).toBeGreaterThan(FLEETS / 5);
  },
);
