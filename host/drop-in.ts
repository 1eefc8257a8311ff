/** A user's drop-in of the service: the one file of the fleet that only the host can render. */
import { readRegularFile } from "../lib/atomic-file.ts";
import { userDropIn, userDropInPath } from "../plan/units.ts";
import type { HostFile, HostPlan, HostUser, UserObservation } from "./protocol.ts";
import { hostPlaces, type Account, type HostSystem } from "./system.ts";

/**
 * The drop-in of `user`. It names the CLI only where the roster does: else the agent looks for it at each run, so that
 * an update which moves the CLI is no drift of the host.
 * @throws {RangeError} for root's account, and for a home that no unit file can name
 */
export function dropInFile(plan: HostPlan, user: HostUser, account: Account): HostFile {
  const content = userDropIn({
    user: user.name,
    uid: account.uid,
    home: account.home,
    claude: user.claude,
    fleet: plan.fleet,
    claudeWaitSeconds: plan.renewal.claudeWaitSeconds,
  });
  return { path: userDropInPath(user.name), mode: "0644", content };
}

/** Whether the drop-in on the disk is the one that `apply` would write. */
export async function judgeDropIn(
  system: HostSystem,
  plan: HostPlan,
  user: HostUser,
  account: Account,
): Promise<UserObservation["dropIn"]> {
  const reading = await readRegularFile(hostPlaces(system).at(userDropInPath(user.name)), 100_000);
  if (reading.kind === "missing") return "missing";
  let wanted: string;
  try {
    wanted = dropInFile(plan, user, account).content;
  } catch (error) {
    if (error instanceof RangeError) return "unknown";
    throw error;
  }
  return reading.kind === "file" && reading.content.toString("utf8") === wanted ? "same" : "different";
}
