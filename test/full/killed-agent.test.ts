/** Kills the real agent at each of its steps: each effect on files and network of a run. */
import { expect, test } from "vitest";
import { SCENES } from "../support/killed/scenes.ts";
import { killing } from "../support/killed/workshop.ts";

const kill = killing();
/** Runs at the same time. Each run mostly waits for its CLI. */
const AT_ONCE = 3;

test.each(Object.keys(SCENES))("%s", { timeout: 3_600_000 }, async (scene) => {
  let next = 1;
  let last = Infinity;
  const worker = async () => {
    // After a step means before the next step.
    for (let step = next++; step < last; step = next++) {
      if (!(await kill(scene, { when: "before", step }))) last = Math.min(last, step);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(last).toBeGreaterThan(60);
});
