/** `recreate`: gives a service of a compose file the approved token, and verifies its container. */
import { lstat } from "node:fs/promises";
import type { ResultOf } from "../../contract/actions.ts";
import type { Recreation } from "../../contract/rollout.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { namedContainers } from "../docker.ts";
import { networkFault } from "../../plan/drift/container-state.ts";
import { ApprovedCopies, copiesFolder } from "../token/approved-copies.ts";
import { recreateByCompose } from "./compose-command.ts";
import { overridePath, writeOverride } from "./compose-override.ts";
import { isHealthy } from "./container-health.ts";
import { verifyContainer } from "./verify-container.ts";
import { labelsWith } from "../../contract/container-labels.ts";

/**
 * Recreates the container unless it has the token already and is healthy. Then verifies it.
 * @throws {ExpectedError} when the gate has not stored the copy (no container was touched then), compose fails, or the
 * container is not healthy in time or reads something else
 */
export async function recreateService(recreation: Recreation): Promise<ResultOf<"verify">> {
  const { check, file } = recreation;
  const stored = await lstat(check.source).catch(() => undefined);
  if (stored?.isFile() !== true) {
    throw new ExpectedError(
      `The gate has not stored ${check.source}, so ${check.container} was not touched; run \`pulumi up\` without --target, or \`claude-fleet rollout ${recreation.token}\`.`,
    );
  }
  if (!(await isCurrent(recreation))) {
    const { compose, service, gracePeriodSeconds } = recreation;
    const override = overridePath(recreation.fleet, recreation.token, copiesFolder(file));
    const labels = labelsOf(recreation);
    await ApprovedCopies.withLock(file, () =>
      writeOverride(override, { service, source: check.source, target: check.target, labels }),
    );
    const why = await recreateByCompose(compose, service, override, gracePeriodSeconds);
    if (why !== undefined) {
      throw new ExpectedError(
        `${check.container} was not recreated: ${why}. The containers after it were not touched.`,
      );
    }
  }
  return verifyContainer(check);
}

/** Returns whether the container has the token and is healthy. An unhealthy one is recreated, because its cause may be repaired by now. */
async function isCurrent(recreation: Recreation): Promise<boolean> {
  const { check } = recreation;
  const [found] = (await namedContainers(check.container)).containers;
  if (found === undefined || !isHealthy(found) || networkFault(found) !== undefined) return false;
  const { labels, mounts } = found;
  const labelled = Object.entries(labelsOf(recreation)).every(([label, value]) => labels[label] === value);
  return labelled && mounts.some(({ source, target }) => source === check.source && target === check.target);
}

function labelsOf({ fleet, token, service, check }: Recreation): Readonly<Record<string, string>> {
  return labelsWith({ fleet, service, sha256: check.sha256, token });
}
