/** Which steps of a rotation are still to be done. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  planSteps,
  STEP_NAMES,
  STEPS,
  type StepName,
  type Wanted,
  type World,
} from "../../../../plan/rotation/step-table.ts";

const NEW = "a".repeat(64);
const OLD = "b".repeat(64);
const ALL = ["runner-agent", "celery-worker"];
const SINCE = "2026-05-22T03:00:00Z";
const NOTHING: Wanted = { reason: undefined, from: undefined };

/** The old token is rolled out everywhere, and this machine keeps nothing. */
const world = (changes: Partial<World> = {}): World => ({
  begun: undefined,
  kept: undefined,
  candidate: OLD,
  lagging: [],
  environment: "same",
  ...changes,
});

const begun = { since: SINCE, target: NEW };

const left = (at: World, wanted: Wanted = NOTHING): readonly StepName[] =>
  planSteps(at, wanted).steps.flatMap(({ name, action }) => (action === "do" ? [name] : []));

describe("the steps that are left", () => {
  test.each<[string, World, Wanted, readonly StepName[]]>([
    ["of a rotation that begins", world(), NOTHING, STEP_NAMES],
    [
      "of a rotation that the operator gave a reason for",
      world(),
      { ...NOTHING, reason: "expires in June" },
      STEP_NAMES.filter((name) => name !== "diagnose"),
    ],
    [
      "of a rotation that stopped before it had a token",
      world({ begun: { since: SINCE, target: undefined } }),
      NOTHING,
      ["prerequisites", "obtain", "check", "deliver", "roll-out", "verify", "close"],
    ],
    [
      "with a token that this machine keeps",
      world({ begun, kept: NEW }),
      NOTHING,
      ["prerequisites", "check", "deliver", "roll-out", "verify", "close"],
    ],
    [
      "with a token that this machine keeps and has delivered",
      world({ begun, kept: NEW, candidate: NEW, lagging: ALL }),
      NOTHING,
      ["prerequisites", "roll-out", "verify", "close"],
    ],
    [
      "once the token is delivered",
      world({ begun, candidate: NEW, lagging: ALL }),
      NOTHING,
      ["prerequisites", "roll-out", "verify", "close"],
    ],
    [
      "once the token is delivered, but not into the environment file",
      world({ begun, candidate: NEW, lagging: ALL, environment: "different" }),
      NOTHING,
      ["prerequisites", "deliver", "roll-out", "verify", "close"],
    ],
    [
      "when a container lags",
      world({ begun, candidate: NEW, lagging: ["celery-worker"] }),
      NOTHING,
      ["prerequisites", "roll-out", "verify", "close"],
    ],
    [
      "once every container has the token",
      world({ begun, candidate: NEW }),
      NOTHING,
      ["prerequisites", "verify", "close"],
    ],
    [
      "when the old file is back on the host and this machine keeps nothing",
      world({ begun }),
      NOTHING,
      ["prerequisites", "obtain", "check", "deliver", "roll-out", "verify", "close"],
    ],
    [
      "from a given step on",
      world({ candidate: NEW, lagging: ALL }),
      { ...NOTHING, from: "roll-out" },
      ["prerequisites", "roll-out", "verify", "close"],
    ],
    [
      "from the step obtain on, although a token is kept and another is delivered",
      world({ begun, kept: NEW, candidate: NEW, lagging: ALL }),
      { ...NOTHING, from: "obtain" },
      ["prerequisites", "obtain", "check", "deliver", "roll-out", "verify", "close"],
    ],
    [
      "from the step deliver on, when only the environment file is missing the token",
      world({ environment: "different" }),
      { ...NOTHING, from: "deliver" },
      ["prerequisites", "deliver", "verify", "close"],
    ],
  ])("%s", (_, at, wanted, expected) => {
    expect(left(at, wanted)).toEqual(expected);
  });

  it("is about the kept token, or else the token that the rotation began with", () => {
    expect(planSteps(world({ begun, kept: OLD }), NOTHING).target).toBe(OLD);
    expect(planSteps(world({ begun }), NOTHING).target).toBe(NEW);
    expect(planSteps(world(), NOTHING).target).toBeUndefined();
  });

  it("never skips a step that has not succeeded yet, and always verifies", () => {
    const digest = fc.constantFrom(NEW, OLD, undefined);
    const worlds = fc.record({
      begun: fc.constantFrom(undefined, begun, { since: SINCE, target: undefined }),
      kept: digest,
      candidate: digest,
      lagging: fc.subarray(["one", "two"]),
      environment: fc.constantFrom("same" as const, "different" as const, undefined),
    });
    fc.assert(
      fc.property(worlds, (at) => {
        const { target, steps } = planSteps(at, NOTHING);
        const done = new Set(steps.filter(({ action }) => action === "do").map(({ name }) => name));
        expect(done.has("prerequisites") && done.has("verify") && done.has("close")).toBe(true);
        if (target === undefined || at.candidate !== target) expect(done.has("deliver")).toBe(true);
        if (target === undefined || at.candidate !== target || at.lagging.length > 0) {
          expect(done.has("roll-out")).toBe(true);
        }
        // Every delivered token was checked.
        if (done.has("deliver") && at.candidate !== target) expect(done.has("check")).toBe(true);
        if (at.kept === undefined && done.has("check")) expect(done.has("obtain")).toBe(true);
      }),
    );
  });

  it("have an exit code of their own for each step", () => {
    const codes = Object.values(STEPS).map(({ exit }) => exit);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
