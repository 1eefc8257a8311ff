/** Unenrols one user on this host: takes away units, drop-ins and Vault token. Log, agent state, login and backups stay. */
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { nameInVault } from "../../plan/vault/names.ts";
import { unenrolAnswer, userAccount } from "../as-user/task-messages.ts";
import { removeHostFile } from "../host-files.ts";
import { attempt } from "../outcome.ts";
import type { Session } from "../session.ts";
import type { Account, HostSystem } from "../system.ts";
import { askUser, taskFor } from "../user-process.ts";
import { allDropInPaths } from "./drop-ins.ts";
import type { Ledger } from "./ledger.ts";
import { stopUserUnits } from "./units.ts";

/** Says where and why users are unenrolled. */
export interface UnenrolContext {
  readonly system: HostSystem;
  readonly plan: HostPlan;
  readonly session: Session;
  readonly ledger: Ledger;
  /** The users' OS accounts that exist, by name. */
  readonly accounts: ReadonlyMap<string, Account>;
  /** Why they are unenrolled; for Vault's audit log and the session. */
  readonly why: string;
}

/**
 * Unenrols `user`, and deletes the user from the ledger, without saving it, when nothing of theirs is left. May be repeated:
 * a step that fails is a problem, and the next call does it again.
 * @returns the accessors that the operator was asked to revoke, and the problems
 */
export async function unenrolUser(
  context: UnenrolContext,
  user: HostUser,
): Promise<{ readonly accessors: readonly string[]; readonly problems: readonly string[] }> {
  const about = `${user.name}: `;
  const accessors = new Set(context.ledger.accessors(user.name));
  const problems = [...(await attempt(() => stopUserUnits(context.system, user.name), about))];
  for (const path of allDropInPaths(user.name)) {
    problems.push(...(await attempt(() => removeHostFile(context.system, path), about)));
  }
  const clear = async () => problems.push(...(await clearHome(context, user, accessors)));
  problems.push(...(await attempt(clear, about)));
  if (problems.length === 0) context.ledger.delete(user.name);
  return { accessors: [...accessors], problems };
}

/** Asks to revoke all tokens of the user, then removes the token file. In this order no failure leaves a live token without its accessor. */
async function clearHome(
  context: UnenrolContext,
  user: HostUser,
  accessors: Set<string>,
): Promise<readonly string[]> {
  const { system, plan, session, why } = context;
  const account = context.accounts.get(user.name);
  const revokeAll = () => {
    for (const accessor of accessors) session.revoke(nameInVault(user), accessor, why);
  };
  if (account === undefined) {
    revokeAll();
    return [];
  }
  // Vault need not be asked: the operator looks up whose accessors these are. The original stack recorded no accessor,
  // so that a takeover must look its token up.
  const vaultAway = plan.renewal.adopt ? undefined : "not asked";
  const task = taskFor(plan, user, account, { vaultAway });
  const found = await askUser(system, account, "observe", task, userAccount);
  if ("answer" in found) for (const accessor of found.answer.accessors) accessors.add(accessor);
  revokeAll();
  const removed = await askUser(system, account, "unenrol", task, unenrolAnswer);
  return "problem" in removed ? [`${removed.problem} The token file may still be in that home.`] : [];
}
