/** `clear-container`: removes what a killed rollout has left under the name of a container that is about to be made. */
import { ExpectedError } from "../../lib/expected-error.ts";
import { namedContainers, removeContainer } from "../docker.ts";
import type { ClearResult, ContainerOwner } from "../../contract/rollout.ts";

/**
 * A `pulumi` that is killed while it waits for a new container's health has told nobody that there is one: the state
 * does not know it, and Docker refuses its name to the next. Only a container with this fleet's own labels is removed.
 * @throws {ExpectedError} when the name is somebody else's, or the engine does not do it
 */
export async function clearContainer(owner: ContainerOwner): Promise<ClearResult> {
  const { container } = owner;
  const answer = await namedContainers(container);
  if ("why" in answer) throw new ExpectedError(`${container} cannot be made: ${answer.why}.`);
  const [found] = answer.containers;
  if (found === undefined) return { container, removed: false };
  const wanted = {
    "claude-fleet.fleet": owner.fleet,
    "claude-fleet.token": owner.token,
    "claude-fleet.service": owner.service,
  };
  if (Object.entries(wanted).some(([label, value]) => found.labels[label] !== value)) {
    throw new ExpectedError(
      `There is a container ${container} which this fleet has not made; remove or rename it, or choose another name in the settings.`,
    );
  }
  const why = await removeContainer(found.id, owner.gracePeriodSeconds);
  if (why !== undefined) {
    throw new ExpectedError(
      `${container}, a leftover of an interrupted rollout, cannot be removed: ${why}; \`docker rm --force ${container}\` there.`,
    );
  }
  return { container, removed: true };
}
