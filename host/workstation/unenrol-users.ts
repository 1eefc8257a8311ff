/**
 * Decides which users are unenrolled on this host, and unenrols them: takes away units, drop-ins and
 * Vault token. Log, agent state, login and backups stay.
 */
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { PROTOCOL_LIMITS } from "../../contract/protocol-limits.ts";
import type { UnenrolResult } from "../../contract/workstation.ts";
import { eachLimited } from "../../lib/each-limited.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { readMachineId } from "../../lib/machine-id.ts";
import { nameInVault } from "../../plan/vault/names.ts";
import { renamedUsers } from "../../plan/workstation/enrolment.ts";
import { otherName } from "../../plan/workstation/conflicts.ts";
import { unenrolAnswer, userAccount } from "../as-user/task-messages.ts";
import { removeHostFile } from "../host-files.ts";
import { attempt, type Outcome } from "../outcome.ts";
import { hostPlaces } from "../places.ts";
import type { Session } from "../session.ts";
import type { Account, HostSystem } from "../system.ts";
import { systemctl } from "../systemd.ts";
import { askUser, taskFor, USER_PATIENCE_MS, USERS_AT_ONCE } from "../user-process.ts";
import { renewedUsers } from "./conflicts.ts";
import { allDropInPaths } from "./drop-ins.ts";
import { FleetRecord } from "./fleet-record.ts";
import type { Ledger } from "./ledger.ts";
import { stopUserUnits } from "./units.ts";
import { stopUnownedUnits, usersWithUnownedUnits } from "./unowned-units.ts";

/**
 * Unenrols the users whom this fleet has enrolled here and whom `plan` no longer has. Stops unowned units, too. A second
 * call changes nothing.
 * @throws {ExpectedError} before any change: this machine is another workstation of the fleet
 */
export async function unenrolDeparted(
  system: HostSystem,
  plan: HostPlan,
  session: Session,
): Promise<Outcome<UnenrolResult>> {
  const record = new FleetRecord(system, plan.fleet);
  const recorded = await record.planUnlessDamaged();
  const misnamed = otherName(plan, recorded?.host ?? null);
  if (misnamed.length > 0) throw new ExpectedError(misnamed);
  const outcome = await unenrolAllBut(system, plan, record, session, "the user left this workstation's plan");
  const unowned = await usersWithUnownedUnits(system, plan);
  await stopUnownedUnits(system, unowned);
  for (const user of unowned) {
    session.progress(`stopped the units of ${user}, who is enrolled by no fleet on this host`);
  }
  // A recurring drift must have another text, so that it is a new input for Pulumi.
  if (unowned.length + outcome.result.retired.length > 0) {
    await record.writeApplyCounter((await record.applyCounter()) + 1);
  }
  const gone = new Set(outcome.result.retired.map(({ name }) => name));
  if (recorded !== undefined && gone.size > 0) {
    const theirs = new Set([...gone].flatMap(allDropInPaths));
    await record.writePlan({
      ...recorded,
      users: recorded.users.filter(({ name }) => !gone.has(name)),
      files: recorded.files.filter(({ path }) => !theirs.has(path)),
    });
    await systemctl(system, ["daemon-reload"]);
  }
  return outcome;
}

/** Unenrols all enrolled users but those of `plan`, and deletes each from the ledger as soon as nothing of theirs is left. */
export async function unenrolAllBut(
  system: HostSystem,
  plan: HostPlan,
  record: FleetRecord,
  session: Session,
  why: string,
): Promise<Outcome<UnenrolResult>> {
  const ledger = await record.ledger();
  const users = await departedUsers(record, plan, ledger.users());
  const accounts = await system.accounts(users.map(({ name }) => name));
  const unenrol = async (user: HostUser) => {
    const done = await unenrolUser({ system, plan, session, ledger, accounts, why }, user);
    if (done.problems.length > 0) return done;
    await ledger.save();
    session.progress(`unenrolled ${user.name}`);
    return done;
  };
  const ended = await eachLimited(users, USERS_AT_ONCE, unenrol, USER_PATIENCE_MS);
  const problems = ended.flatMap((one) => one.problems);
  const retired = users.flatMap(({ name }, index) => {
    const done = ended[index];
    return done?.problems.length === 0
      ? [{ name, accessors: done.accessors.slice(0, PROTOCOL_LIMITS.accessors) }]
      : [];
  });
  return { result: { machineId: await readMachineId(hostPlaces(system).machineId), retired }, problems };
}

/**
 * Unenrols the users whom `plan` has with `renewal: false`, unless another fleet on this host renews them. Deletes each
 * from the ledger, without saving it.
 * @param others the recorded plans of the other fleets on this host
 * @returns one sentence for each failure
 */
export async function unenrolUnrenewed(
  context: Omit<UnenrolContext, "why">,
  others: readonly HostPlan[],
): Promise<readonly string[]> {
  const { plan, ledger, accounts } = context;
  const users = plan.users.filter(
    ({ name, renewal }) =>
      !renewal &&
      !others.some((other) => renewedUsers(other).has(name)) &&
      (accounts.has(name) || ledger.entry(name) !== undefined),
  );
  const unenrol = (user: HostUser) =>
    unenrolUser({ ...context, why: "the roster says renewal: false" }, user);
  const ended = await eachLimited(users, USERS_AT_ONCE, unenrol, USER_PATIENCE_MS);
  return ended.flatMap(({ problems }) => problems);
}

/** Returns the enrolled users whom `plan` no longer has, as the recorded plan describes them. */
export async function departedUsers(
  record: FleetRecord,
  plan: HostPlan,
  enrolled: readonly string[],
): Promise<readonly HostUser[]> {
  const present = new Set(plan.users.map(({ name }) => name));
  const renamed = renamedUsers(plan, enrolled);
  const gone = enrolled.filter((name) => !present.has(name) && !renamed.has(name));
  if (gone.length === 0) return [];
  const recorded = new Map((await record.planUnlessDamaged())?.users.map((user) => [user.name, user]));
  return gone.map((name) => recorded.get(name) ?? userByName(name));
}

/** Returns a user of whom only the name is known. Such a user can only be unenrolled. */
function userByName(name: string): HostUser {
  const nothing = { email: "", organization: undefined, formerly: undefined, claude: undefined };
  return { name, renewal: false, policy: "", dataPath: "", metadataPath: "", ...nothing };
}

/** Says where and why users are unenrolled. */
interface UnenrolContext {
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
async function unenrolUser(
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
