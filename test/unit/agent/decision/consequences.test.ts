/** What follows from a reason. */
import { expect, test } from "vitest";
import { DEFAULT_WAITS } from "../../../../contract/host-plan.ts";
import { exitCodeOf, lastingVerdict } from "../../../../agent/decision/consequences.ts";
import { type AgentState, freshAgentState } from "../../../../contract/agent-state.ts";

test("a reason that lasts too long becomes a failure, with its exit code", () => {
  const waits = {
    ...DEFAULT_WAITS,
    refreshFailingSeconds: 0.01,
    transientSeconds: 0.02,
    unprovenSeconds: 0.03,
  };
  const at = (reason: Parameters<typeof lastingVerdict>[0], changes: Partial<AgentState>, now: number) => {
    const found = lastingVerdict(reason, { ...freshAgentState(), ...changes }, now, waits);
    return [found.word, found.reason, exitCodeOf(found)];
  };
  expect(at("refresh-failing", { refreshFailingSince: 100 }, 109)).toEqual(["WARN", "refresh-failing", 0]);
  expect(at("refresh-failing", { refreshFailingSince: 100 }, 110)).toEqual(["FAIL", "refresh-failing", 12]);
  expect(at("refresh", { refreshSince: 100 }, 119)).toEqual(["WARN", "refresh", 12]);
  expect(at("refresh", { refreshSince: 100 }, 120)).toEqual(["FAIL", "refresh", 12]);
  expect(at("usage", { unprovenSince: 100 }, 129)).toEqual(["WARN", "usage", 14]);
  expect(at("usage", { unprovenSince: 100 }, 130)).toEqual(["WARN", "unproven", 14]);
  expect(at("refreshing", { failingSince: 100 }, 119)).toEqual(["WARN", "refreshing", 16]);
  expect(at("refreshing", { failingSince: 100 }, 120)).toEqual(["FAIL", "refreshing", 16]);
  expect(at("odd", { unknownInARow: 2 }, 0)).toEqual(["WARN", "odd", 22]);
  expect(at("odd", { unknownInARow: 3 }, 0)).toEqual(["FAIL", "odd", 22]);
  expect(at("api", { failingSince: 0 }, 1_000_000)).toEqual(["WARN", "api", 15]);
});
