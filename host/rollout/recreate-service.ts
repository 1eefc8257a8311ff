/** `recreate`: a compose file's own service gets the token that the gate has passed, and is verified. */
import { lstat } from "node:fs/promises";
import { ExpectedError } from "../../lib/expected-error.ts";
import { overridePath, recreate, writeOverride } from "./compose-command.ts";
import { copiesFolder, ApprovedCopies } from "../token/approved-copies.ts";
import { namedContainers } from "../docker.ts";
import { verifyContainer } from "./verify-container.ts";
import type { Recreation, VerifyResult } from "../../contract/rollout.ts";

/**
 * Recreates the container unless it is the wanted one already and well; then verifies it as any other.
 * @throws {ExpectedError} when the gate has not stored the copy (nothing was touched then), compose fails, or the
 * container is not up in time or reads something else
 */
export async function recreateService(recreation: Recreation): Promise<VerifyResult> {
  const { check, file } = recreation;
  const stored = await lstat(check.source).catch(() => undefined);
  if (stored?.isFile() !== true) {
    throw new ExpectedError(
      `The gate has not stored ${check.source}, so ${check.container} was not touched; run \`pulumi up\` without --target, or \`claude-fleet rollout ${recreation.token}\`.`,
    );
  }
  if (!(await isCurrent(recreation))) {
    const override = overridePath(recreation.fleet, recreation.token, copiesFolder(file));
    const entry = {
      service: recreation.service,
      source: check.source,
      target: check.target,
      labels: labelsOf(recreation),
    };
    const store = await ApprovedCopies.open(file);
    try {
      await store.locked(() => writeOverride(override, entry));
    } finally {
      await store.close();
    }
    const why = await recreate(
      recreation.compose,
      recreation.service,
      override,
      recreation.gracePeriodSeconds,
    );
    if (why !== undefined) {
      throw new ExpectedError(
        `${check.container} was not recreated: ${why}. The containers after it were not touched.`,
      );
    }
  }
  return verifyContainer(check);
}

/** A container that is not well is made anew: what it is made of may have been mended since. */
async function isCurrent(recreation: Recreation): Promise<boolean> {
  const { check } = recreation;
  const answer = await namedContainers(check.container);
  const [found] = "why" in answer ? [] : answer.containers;
  if (found?.running !== true || (found.health ?? "healthy") !== "healthy") return false;
  const labelled = Object.entries(labelsOf(recreation)).every(
    ([label, value]) => found.labels[label] === value,
  );
  return (
    labelled && found.mounts.some(({ source, target }) => source === check.source && target === check.target)
  );
}

function labelsOf({ fleet, token, service, check }: Recreation): Readonly<Record<string, string>> {
  return {
    "claude-fleet.fleet": fleet,
    "claude-fleet.service": service,
    "claude-fleet.sha256": check.sha256,
    "claude-fleet.token": token,
  };
}
