/** Waits until a container is healthy: it runs, its health check passes, and it is not restarted again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerCheck } from "../../contract/rollout.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { namedContainers, type ContainerState } from "../docker.ts";
import { ageOf } from "../process-stat.ts";

/** How long one run of a container must have lasted before the container is up, and the time between two samples; in milliseconds. */
export interface HealthTiming {
  readonly sample: number;
  /** Its health check passes. */
  readonly checked: number;
  /** It has no health check. */
  readonly unchecked: number;
  /**
   * It has been restarted. Docker, too, takes a run of more than ten seconds for a success, and then starts its restart
   * delays from the beginning.
   * Source: https://docs.docker.com/reference/cli/docker/container/run/#restart
   */
  readonly restarted: number;
}

const TIMING: HealthTiming = { sample: 500, checked: 2000, unchecked: 4000, restarted: 11_000 };

/** Returns whether the container could serve at the moment of the sample. A container without a health check counts when it runs. */
export function isHealthy({ running, status, health = "healthy" }: ContainerState): boolean {
  return running && status === "running" && health === "healthy";
}

/**
 * Waits until the container is healthy and its present run has lasted for some seconds.
 * @throws {ExpectedError} when that takes longer than the check allows, or the container has ended for good
 */
export async function awaitHealthy(check: ContainerCheck, timing = TIMING): Promise<ContainerState> {
  const deadline = performance.now() + check.healthTimeoutSeconds * 1000;
  for (;;) {
    const current = await sample(check);
    const missing = isHealthy(current)
      ? wantedAge(current, timing) - ((await ageOf(current.pid)) ?? 0)
      : timing.sample;
    if (missing <= 0) return current;
    if (hasEnded(current) || performance.now() >= deadline) throw notHealthy(check, current);
    await sleep(Math.min(missing, timing.sample));
  }
}

function wantedAge({ restartCount, health }: ContainerState, timing: HealthTiming): number {
  if (restartCount > 0) return timing.restarted;
  return health === undefined ? timing.unchecked : timing.checked;
}

async function sample(check: ContainerCheck): Promise<ContainerState> {
  const { containers, why } = await namedContainers(check.container);
  if (why !== undefined) throw new ExpectedError(`${check.container} cannot be checked: ${why}.`);
  const [container] = containers;
  if (container === undefined)
    throw new ExpectedError(`There is no container ${check.container}; run \`pulumi up\`.`);
  return container;
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
