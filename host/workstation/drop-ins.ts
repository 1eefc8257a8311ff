/** The drop-ins of a user's units. Only the host can render them, because they name the user's home and uid. */
import type { HostFile } from "../../contract/fields.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import type { UserObservation } from "../../contract/workstation.ts";
import { dropInPath, userTimer } from "../../plan/units/names.ts";
import { userDropInPaths, userDropIns } from "../../plan/units/user-drop-ins.ts";
import { writeHostFile } from "../host-files.ts";
import { attempt } from "../outcome.ts";
import { hostPlaces } from "../places.ts";
import type { Account, HostSystem } from "../system.ts";
import { readRegularFile } from "../../lib/regular-file.ts";

const MAX_DROP_IN_BYTES = 100_000;

/** Returns the paths of every drop-in that a fleet writes for `user`. */
export function allDropInPaths(user: string): readonly string[] {
  return [...userDropInPaths(user), dropInPath(userTimer(user))];
}

/**
 * Renders the drop-ins of `user`. They name the CLI only where the roster does. Otherwise the agent finds the CLI at each
 * run, so that an update which moves it is no drift.
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
 * Writes the drop-ins of `users` that differ. Skips users without an OS account.
 * @returns the paths that changed, the users whose drop-ins are all in place, and one sentence for each failure
 */
export async function writeDropIns(
  system: HostSystem,
  plan: HostPlan,
  users: readonly HostUser[],
  accounts: ReadonlyMap<string, Account>,
) {
  const changed: string[] = [];
  const problems: string[] = [];
  const ready: HostUser[] = [];
  for (const user of users) {
    const account = accounts.get(user.name);
    if (account === undefined) continue;
    const write = async () => {
      for (const file of dropInFiles(plan, user, account)) {
        if (await writeHostFile(system, file)) changed.push(file.path);
      }
      ready.push(user);
    };
    problems.push(...(await attempt(write, `${user.name}: `)));
  }
  return { changed, ready, problems };
}

/**
 * Compares the drop-ins on the disk with those of `plan` and of the plan that was applied last. The worst one counts.
 * @param recorded the plan that was applied last
 */
export async function compareDropIns(
  system: HostSystem,
  plan: HostPlan,
  recorded: HostPlan | undefined,
  user: HostUser,
  account: Account,
): Promise<UserObservation["dropIn"]> {
  const readings = await Promise.all(
    userDropInPaths(user.name).map((path) => readRegularFile(hostPlaces(system).at(path), MAX_DROP_IN_BYTES)),
  );
  if (readings.some(({ kind }) => kind === "missing")) return "missing";
  const areThoseOf = (wanted: HostPlan, wantedUser: HostUser) =>
    dropInFiles(wanted, wantedUser, account).every(({ content }, index) => {
      const reading = readings[index];
      return reading?.kind === "file" && reading.content.toString("utf8") === content;
    });
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
