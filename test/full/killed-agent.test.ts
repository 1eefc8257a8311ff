/** The real agent, as a process, ended by SIGKILL at every one of its steps: each file and network effect of a run. */
import { expect, test } from "vitest";
import { SCENES } from "../support/killed/scenes.ts";
import { killing } from "../support/killed/workshop.ts";

const kill = killing();
/** Lives at the same time; each waits for its CLI most of it. */
const AT_ONCE = 3;

test.each(Object.keys(SCENES))("%s", { timeout: 3_600_000 }, async (scene) => {
  let next = 1;
  let last = Infinity;
  const worker = async () => {
    // After one step is before the next.
    for (let step = next++; step < last; step = next++) {
      if (!(await kill(scene, { when: "before", step }))) last = Math.min(last, step);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(last).toBeGreaterThan(60);
});
