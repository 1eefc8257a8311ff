/** Takes one user out of the fleet on this host: timer, drop-in, token. Log, memory, login and backups stay. */
import { problemsOf } from "../../lib/expected-error.ts";
import { removeHostFile } from "./plan-files.ts";
import type { Session } from "../session.ts";
import type { Account, HostSystem } from "../system.ts";
import { systemctl, unitStates } from "../systemd.ts";
import { askUser, taskFor } from "../user-process.ts";
import { retireAnswer, userAccount } from "../as-user/task-messages.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import {
  dropInPath,
  userBackup,
  userPath,
  userRecheck,
  userService,
  userTimer,
} from "../../plan/units/names.ts";
import { userDropInPaths } from "../../plan/units/user-drop-ins.ts";
import { nameInVault } from "../../plan/vault/names.ts";

/** What became of a user. */
export interface Retirement {
  /** Accessors that were handed to `revoke`. */
  readonly accessors: readonly string[];
  /** Empty when nothing of the user is left. */
  readonly problems: readonly string[];
}

/** Where a user is retired. `account` is undefined when the OS user is gone already. */
export interface RetirementContext {
  readonly system: HostSystem;
  readonly plan: HostPlan;
  readonly session: Session;
  readonly account: Account | undefined;
  /** Accessors of the user's that are on record. */
  readonly recorded: readonly string[];
  /** Why the user is retired, for Vault's audit log and the session. */
  readonly why: string;
}

/** Paths of every drop-in that a fleet writes for `user`. */
export function dropInsOf(user: string): readonly string[] {
  return [...userDropInPaths(user), dropInPath(userTimer(user))];
}

/** Retires `user`. Idempotent; whatever fails is a problem and leaves the rest to be done again. */
export async function retireUser(context: RetirementContext, user: HostUser): Promise<Retirement> {
  const problems: string[] = [];
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      problems.push(...problemsOf(error).map((problem) => `${user.name}: ${problem}`));
    }
  };
  await attempt(() => stopUnits(context.system, user.name));
  for (const path of dropInsOf(user.name)) await attempt(() => removeHostFile(context.system, path));
  const accessors = new Set<string>(context.recorded);
  // A token outlives no failure here: it is revoked before its file, which names it, is removed.
  await attempt(async () => {
    problems.push(...(await clearHome(context, user, accessors)));
  });
  return { accessors: [...accessors], problems };
}

/** Timer and path unit first, so that nothing starts anew; a run under way is asked to end, and ends its CLI never. */
export async function stopUnits(system: HostSystem, user: string): Promise<void> {
  const starters = [userTimer(user), userPath(user)];
  const services = [userService(user), userBackup(user), userRecheck(user)];
  const states = await unitStates(system, [...starters, ...services]);
  const loaded = starters.filter((_, index) => states[index]?.enabled !== null);
  if (loaded.length > 0) await systemctl(system, ["disable", "--now", "--", ...loaded]);
  for (const [index, service] of services.entries()) {
    const active = states[starters.length + index]?.active;
    // The unit's KillMode and TimeoutStopSec let a refresh that is under way come to its end.
    if (active === "active" || active === "activating") await systemctl(system, ["stop", "--", service]);
    if (active === "failed") await systemctl(system, ["reset-failed", "--", service]);
  }
}

async function clearHome(
  context: RetirementContext,
  user: HostUser,
  accessors: Set<string>,
): Promise<readonly string[]> {
  const { system, plan, session, account, why } = context;
  const revokeAll = () => {
    for (const accessor of accessors) session.revoke(nameInVault(user), accessor, why);
  };
  if (account === undefined) {
    revokeAll();
    return [];
  }
  // Vault need not be asked: the accessors are what counts here, and the operator looks up whose they are. The original
  // has recorded none.
  const vaultAway = plan.renewal.adopt ? undefined : "not asked";
  const task = taskFor(plan, user, account, { vaultAway });
  const found = await askUser(system, account, "observe", task, userAccount);
  if ("answer" in found) for (const accessor of found.answer.accessors) accessors.add(accessor);
  revokeAll();
  const removed = await askUser(system, account, "retire", task, retireAnswer);
  return "problem" in removed ? [`${removed.problem} The token file may still be in that home.`] : [];
}
