/** Moments of past events, while the host's clock is or was wrong. */
import { expect, test } from "vitest";
import fc from "fast-check";
import { notAfter, sinceWhen, withNoticed } from "../../../../agent/decision/moments.ts";
import { freshAgentState, parseAgentState, type AgentState } from "../../../../contract/agent-state.ts";
import { NOW } from "../../../support/fakes/facts.ts";

const HOUR = 3_600_000;
const YEAR = 8760 * HOUR;
const since = (at: number | null): AgentState => ({ ...freshAgentState(), failingSince: at });
const when = (state: AgentState, now: number) => sinceWhen(state, "failingSince", now);

test.each([
  ["nothing lasts", null, NOW, null],
  ["it lies in the past", NOW - HOUR, NOW, NOW - HOUR],
  ["it is now", NOW, NOW, NOW],
  ["it lies in the future", NOW + YEAR, NOW, NOW],
  ["it is older than every agent", HOUR, NOW, NOW],
  ["the clock is not set yet", HOUR, 2 * HOUR, HOUR],
  ["the clock is not set any more", NOW, HOUR, HOUR],
])("when %s", (_, at, now, expected) => {
  expect(when(since(at), now)).toBe(expected);
});

test("a moment that cannot be right counts from the first run that notices that", () => {
  let state = withNoticed(since(NOW + YEAR), NOW);
  state = withNoticed(state, NOW + HOUR);
  expect(when(state, NOW + 2 * HOUR)).toBe(NOW);
  // The clock is set back once more, and then forward again.
  expect(when(withNoticed(state, NOW - YEAR), NOW - YEAR)).toBe(NOW - YEAR);
  expect(when(withNoticed(state, NOW + 2 * YEAR), NOW + 2 * YEAR)).toBe(NOW + YEAR);
  expect(withNoticed({ ...state, failingSince: null }, NOW).noticed.failingSince).toBeNull();
});

test("nothing that is stored is rewritten, and nothing begins in the future", () => {
  const moment = fc.option(fc.integer({ min: 0, max: NOW + 2 * YEAR }), { nil: null });
  fc.assert(
    fc.property(moment, fc.array(fc.nat(NOW + YEAR), { minLength: 1, maxLength: 6 }), (at, clocks) => {
      let state = since(at);
      for (const now of clocks) {
        state = withNoticed(state, now);
        expect(state.failingSince).toBe(at);
        expect(when(state, now) ?? 0).toBeLessThanOrEqual(now);
      }
    }),
  );
});

test("an event that lies in the future counts as now", () => {
  expect(notAfter(null, NOW)).toBeNull();
  expect(notAfter(NOW - 1, NOW)).toBe(NOW - 1);
  expect(notAfter(NOW + YEAR, NOW)).toBe(NOW);
});

test("a state of a former release has noticed nothing", () => {
  const former: Record<string, unknown> = { ...since(NOW) };
  delete former["noticed"];
  expect(parseAgentState(JSON.stringify(former))).toEqual(since(NOW));
});
