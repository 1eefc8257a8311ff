/** `clear`: removes the container that a killed rollout left under the name of a container that is about to be created. */
import type { RequestOf, ResultOf } from "../../contract/actions.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { namedContainers, removeContainer } from "../docker.ts";
import { labelsWith } from "../../contract/container-labels.ts";

/**
 * Removes a leftover container that has this fleet's own labels. A `pulumi` that is killed while it waits for a new
 * container's health leaves one: no state has it, and Docker refuses its name to the next container.
 * @throws {ExpectedError} when the name belongs to somebody else, or the engine fails
 */
export async function clearLeftover(owner: RequestOf<"clear">["leftover"]): Promise<ResultOf<"clear">> {
  const { container } = owner;
  const engine = await namedContainers(container);
  if (engine.why !== undefined) throw new ExpectedError(`${container} cannot be created: ${engine.why}.`);
  const [found] = engine.containers;
  if (found === undefined) return { container, removed: false };
  const { fleet, token, service } = owner;
  const wanted = labelsWith({ fleet, token, service });
  if (Object.entries(wanted).some(([label, value]) => found.labels[label] !== value)) {
    throw new ExpectedError(
      `There is a container ${container} that this fleet did not create; remove or rename it, or choose another name in the settings.`,
    );
  }
  const why = await removeContainer(found.id, owner.gracePeriodSeconds);
  if (why !== undefined) {
    throw new ExpectedError(
      `${container}, a leftover of an interrupted rollout, cannot be removed: ${why}; run \`docker rm --force ${container}\` on the host.`,
    );
  }
  return { container, removed: true };
}
