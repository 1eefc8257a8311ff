/** A user's drop-ins of the units: the files of the fleet that only the host can render. */
import { readRegularFile } from "../../lib/atomic-file.ts";
import type { HostFile } from "../../contract/fields.ts";
import type { UserObservation } from "../../contract/workstation.ts";
import { hostPlaces, type Account, type HostSystem } from "../system.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { userDropInPaths, userDropIns } from "../../plan/units/user-drop-ins.ts";

/**
 * The drop-ins of `user`. They name the CLI only where the roster does: else the agent looks for it at each run, so that
 * an update which moves the CLI is no drift of the host.
 * @throws {RangeError} for root's account, and for a home that no unit file can name
 */
export function dropInFiles(plan: HostPlan, user: HostUser, account: Account): readonly HostFile[] {
  const dropIns = userDropIns({
    user: user.name,
    uid: account.uid,
    home: account.home,
    claude: user.claude,
    fleet: plan.fleet,
    claudeWaitSeconds: plan.renewal.claudeWaitSeconds,
    backupRetrySeconds: plan.renewal.waits.backupRetrySeconds,
  });
  return dropIns.map(({ path, content }) => ({ path, mode: "0644", content }));
}

/**
 * Whether the drop-ins on the disk are those that `apply` would write, or has written; the worst of them counts.
 * @param recorded the plan that was applied last
 */
export async function judgeDropIns(
  system: HostSystem,
  plan: HostPlan,
  recorded: HostPlan | undefined,
  user: HostUser,
  account: Account,
): Promise<UserObservation["dropIn"]> {
  const readings = await Promise.all(
    userDropInPaths(user.name).map((path) => readRegularFile(hostPlaces(system).at(path), 100_000)),
  );
  if (readings.some(({ kind }) => kind === "missing")) return "missing";
  const contents = readings.map((reading) =>
    reading.kind === "file" ? reading.content.toString("utf8") : undefined,
  );
  const areThoseOf = (one: HostPlan, whose: HostUser) =>
    dropInFiles(one, whose, account).every(({ content }, index) => contents[index] === content);
  const former = recorded?.users.find(({ name }) => name === user.name);
  try {
    if (areThoseOf(plan, user)) return "same";
    if (recorded !== undefined && former !== undefined && areThoseOf(recorded, former)) return "applied";
    return "different";
  } catch (error) {
    if (error instanceof RangeError) return "unknown";
    throw error;
  }
}
