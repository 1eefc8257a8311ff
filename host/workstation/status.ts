/** `status`: reports what root knows about every user of a fleet. Asks neither Vault nor the API, and reads no secret. */
import { stat } from "node:fs/promises";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { factsOf, openFleet } from "../metrics/user-facts.ts";
import { PROTOCOL } from "../../contract/fields.ts";
import type { WorkstationStatus } from "../../contract/user-run.ts";
import { type HostSystem } from "../system.ts";
import { lastRepair } from "../repair/last-repair.ts";
import { readUserMounts } from "../read-user-file.ts";
import { untrustedPaths } from "../trust/untrusted-paths.ts";
import { hostPlaces } from "../places.ts";

/** Returns the status of the fleet's users. @throws {ExpectedError} when the fleet has no record here, or a damaged one */
export async function workstationStatus(
  system: HostSystem,
  fleet: string,
  now: Date,
): Promise<WorkstationStatus> {
  const found = await openFleet(system, fleet);
  if (found === undefined) {
    throw new ExpectedError(`Nothing of the fleet ${fleet} has been applied here; run \`pulumi up\`.`);
  }
  const users = await factsOf(system, found, await readUserMounts());
  const repair = await lastRepair(system);
  return {
    protocol: PROTOCOL,
    workstation: found.plan.host,
    now: now.getTime(),
    collectedAt: await collectedAt(hostPlaces(system).textfile),
    repair: repair === undefined ? null : { at: repair.at, problems: repair.problems },
    untrusted: await untrustedPaths(system, found.plan, found.record),
    users: users.map(({ user, renewed, enrolled, paused, nextRunAt, status }) => ({
      ...{ user, renewed, enrolled, paused, nextRunAt },
      status,
    })),
  };
}

/** Returns when the metrics were rendered last, in milliseconds since the epoch; null for never. */
async function collectedAt(textfile: string): Promise<number | null> {
  try {
    return Math.trunc((await stat(textfile)).mtimeMs);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}
