/** Waits until a container is healthy: it runs, its health check passes, and it is not restarted again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerCheck } from "../../contract/rollout.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { namedContainers, type ContainerState } from "../docker.ts";

/** How many equal samples in a row count as healthy. */
const STABLE_SAMPLES = 3;
/**
 * The same for a container that has been restarted. Docker, too, takes a run of more than ten seconds for a success, and
 * then starts its restart delays from the beginning.
 * Source: https://docs.docker.com/reference/cli/docker/container/run/#restart
 */
const STABLE_SAMPLES_AFTER_RESTART = 12;

/** Milliseconds between two samples. */
export const SAMPLE_MS = 1000;

/** Returns whether the container could serve at the moment of the sample. A container without a health check counts when it runs. */
export function isHealthy({ running, status, health = "healthy" }: ContainerState): boolean {
  return running && status === "running" && health === "healthy";
}

/**
 * Waits until the container has been healthy for some samples in a row.
 * @throws {ExpectedError} when that takes longer than the check allows, or the container has ended for good
 */
export async function awaitHealthy(check: ContainerCheck, sampleMs: number): Promise<ContainerState> {
  const deadline = Date.now() + check.healthTimeoutSeconds * 1000;
  let former: ContainerState | undefined;
  let equal = 0;
  for (;;) {
    const current = await sample(check);
    equal = isHealthy(current) ? (isSameRun(former, current) ? equal + 1 : 1) : 0;
    const enough = current.restartCount === 0 ? STABLE_SAMPLES : STABLE_SAMPLES_AFTER_RESTART;
    if (equal >= enough) return current;
    if (hasEnded(current) || Date.now() >= deadline) throw notHealthy(check, current);
    former = current;
    await sleep(sampleMs);
  }
}

async function sample(check: ContainerCheck): Promise<ContainerState> {
  const { containers, why } = await namedContainers(check.container);
  if (why !== undefined) throw new ExpectedError(`${check.container} cannot be checked: ${why}.`);
  const [container] = containers;
  if (container === undefined)
    throw new ExpectedError(`There is no container ${check.container}; run \`pulumi up\`.`);
  return container;
}

/** Returns whether two samples show the same run of the same container. */
function isSameRun(former: ContainerState | undefined, current: ContainerState): boolean {
  return (
    former !== undefined &&
    former.id === current.id &&
    former.pid === current.pid &&
    former.restartCount === current.restartCount
  );
}

/** Returns whether the container has ended and its engine will not start it again. */
function hasEnded({ status, restartPolicy }: ContainerState): boolean {
  return (status === "exited" || status === "dead") && restartPolicy === "no";
}

function notHealthy(check: ContainerCheck, state: ContainerState): ExpectedError {
  const health = state.health === undefined ? "" : `, health ${state.health}`;
  return new ExpectedError(
    `${check.container} is not up after ${check.healthTimeoutSeconds} s: ${state.status}${health}, restarted ${state.restartCount} times; look at \`docker logs ${check.container}\` on its host. The containers after it were not touched.`,
  );
}
