/** Tests random rosters and settings: the policy pack passes what is accepted, and a refusal names its place. */
import { expect, it } from "vitest";
import { judgeFleets } from "../../support/component/policy/any-fleet.ts";

it("any roster and settings are safe, or refused with file, line and column", async () => {
  const { accepted, refused, wrong } = await judgeFleets(1, 300);
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(accepted).toBeGreaterThan(60);
  expect(refused).toBeGreaterThan(60);
});
