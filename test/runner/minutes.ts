/** Roughly how many minutes each test file takes on one environment, by which files are shared out. */
import type { TestFile } from "./lanes.ts";

/** Of a file that the table does not name, by its project. */
const USUAL: Readonly<Record<string, number>> = { full: 4, e2e: 1, engine: 0.5 };

/**
 * Of the files that take longer, on two cores of a shared machine. `e2e` and `engine` are measured; `full` is counted
 * from the number of cases and the time of one.
 */
export const MINUTES: Readonly<Record<string, number>> = {
  "test/e2e/accounts.test.ts": 1.5,
  "test/e2e/drift.test.ts": 4.5,
  "test/e2e/figures.test.ts": 2,
  "test/e2e/hostile-process.test.ts": 1.5,
  "test/e2e/newest-node.test.ts": 1.5,
  "test/e2e/now.test.ts": 4.5,
  "test/e2e/own-node.test.ts": 2,
  "test/e2e/reassert.test.ts": 1.5,
  "test/e2e/renewal.test.ts": 1.5,
  "test/e2e/rollout-compose.test.ts": 2,
  "test/e2e/rollout-failure.test.ts": 2.5,
  "test/e2e/rollout.test.ts": 3,
  "test/e2e/rotate.test.ts": 2,
  "test/e2e/two-fleets.test.ts": 2.5,
  "test/engine/enrolment.test.ts": 2,
  "test/engine/language-host.test.ts": 1,
  "test/engine/lying-host.test.ts": 1.5,
  "test/full/any-fleet.test.ts": 90,
  "test/full/drift-matrix.test.ts": 60,
  "test/full/enrolment.test.ts": 20,
  "test/full/faults-hosts.test.ts": 10,
  "test/full/killed-agent.test.ts": 15,
  "test/full/killed-scale.test.ts": 15,
  "test/full/killed.test.ts": 15,
  "test/full/offboarding.test.ts": 10,
  "test/full/own-node.test.ts": 10,
  "test/full/plugins/command.test.ts": 10,
  "test/full/plugins/docker.test.ts": 10,
  "test/full/real-cli-decisions.test.ts": 30,
  "test/full/real-cli-schedules.test.ts": 30,
  "test/full/rollout-failures.test.ts": 20,
  "test/full/rollout-pace.test.ts": 10,
  "test/full/rootless.test.ts": 10,
  "test/full/roster.test.ts": 15,
  "test/full/rotate.test.ts": 20,
  "test/full/secrets.test.ts": 15,
  "test/full/simulation.test.ts": 10,
  "test/full/takeover.test.ts": 6,
  "test/full/workstations.test.ts": 20,
};

/** Returns the minutes of one file. */
export function minutesOf({ file, project }: TestFile): number {
  return MINUTES[file] ?? USUAL[project] ?? 1;
}
