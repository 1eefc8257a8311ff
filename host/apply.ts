/** `apply`: makes a workstation's plan true. Goes on with the other users when one fails; safe to run again. */
import { eachLimited } from "../lib/each-limited.ts";
import { problemsOf } from "../lib/expected-error.ts";
import { readMachineId } from "../lib/machine-id.ts";
import { refuseConflicts, renewedUsers } from "./conflicts.ts";
import { dropInFiles } from "./drop-in.ts";
import { enrol, type Enrolment } from "./enrolment.ts";
import { removeHostFile, writeHostFile, writeHostFiles } from "./host-files.ts";
import { installProgram } from "./installed-program.ts";
import { vaultTrouble } from "./observe-workstation.ts";
import type { Outcome } from "./outcome.ts";
import type { ApplyResult, HostPlan, HostUser } from "./protocol.ts";
import { FleetRecord, otherPlans, type Ledger } from "./record.ts";
import { renameUsers } from "./renaming.ts";
import { retireUser } from "./retirement.ts";
import type { Operator } from "./session.ts";
import { hostPlaces, type Account, type HostSystem } from "./system.ts";
import { reloadSystemd, startTimers } from "./timers.ts";
import { USERS_AT_ONCE } from "./user-process.ts";
import { awaitsLogin } from "./user/tasks.ts";

/** What an apply needs at hand. */
interface Apply {
  readonly system: HostSystem;
  readonly plan: HostPlan;
  readonly operator: Operator;
  readonly record: FleetRecord;
  readonly ledger: Ledger;
  readonly accounts: ReadonlyMap<string, Account>;
}

/** What became of the users' drop-ins. */
interface DropIns {
  /** Paths that changed. */
  readonly written: readonly string[];
  /** Users whose units are complete. */
  readonly ready: readonly HostUser[];
  readonly problems: readonly string[];
}

/**
 * Applies `plan`, under the host's lock.
 * @throws {ExpectedError} before anything is changed: the host lacks something, or another's things are in the way
 */
export async function apply(
  system: HostSystem,
  plan: HostPlan,
  operator: Operator,
): Promise<Outcome<ApplyResult>> {
  const record = new FleetRecord(system, plan.fleet);
  const [former, others] = [await record.planUnlessDamaged(), await otherPlans(system, plan.fleet)];
  await refuseConflicts(system, plan, former, others);
  const machineId = await readMachineId(hostPlaces(system).machineId);
  const accounts = await system.accounts(plan.users.map(({ name }) => name));
  const { ledger, renamed } = await renameUsers(system, plan, record, accounts);
  for (const line of renamed) operator.progress(line);
  const run: Apply = { system, plan, operator, record, ledger, accounts };

  if (await installProgram(system, plan.program))
    operator.progress(`installed the program ${plan.program.version}`);
  const changed = [
    ...(await removeFormerFiles(system, former, plan, others)),
    ...(await writeHostFiles(system, plan.files)),
  ];
  for (const path of changed) operator.progress(`changed ${path}`);
  // Both before any user is touched: the agent reads the plan, and retirement must know whom a broken run touched.
  await record.writePlan(plan);
  const renewed = plan.users.filter((user) => user.renewal && accounts.has(user.name));
  const entered = { ...Object.fromEntries(renewed.map(({ name }) => [name, { accessor: null }])), ...ledger };
  await record.writeLedger(entered);

  const enrolments = await enrolAll(run);
  const retirements = await retireUnrenewed(run, others);
  await record.writeLedger(nextLedger(entered, plan, enrolments, retirements.done));

  const dropIns = await writeDropIns(
    run,
    renewed.filter((user) => hasToken(enrolments.get(user.name))),
  );
  const unitProblems = await attempt(async () => {
    await reloadSystemd(system, [...changed, ...dropIns.written], plan);
    await startTimers(system, record, plan, dropIns.ready);
  });
  const generation = (await record.generation()) + 1;
  await record.writeGeneration(generation);

  return {
    result: {
      generation,
      machineId,
      users: plan.users.map((user) => describe(user, enrolments.get(user.name))),
    },
    problems: [
      ...plan.users.flatMap((user) => enrolments.get(user.name)?.problems ?? []),
      ...retirements.problems,
      ...dropIns.problems,
      ...unitProblems,
    ],
  };
}

async function enrolAll(run: Apply): Promise<ReadonlyMap<string, Enrolment>> {
  const { system, plan, operator, ledger, accounts } = run;
  const vaultAway = await vaultTrouble(plan);
  const renewed = plan.users.filter(({ renewal }) => renewal);
  const entries = await eachLimited(renewed, USERS_AT_ONCE, async (user): Promise<[string, Enrolment]> => {
    const account = accounts.get(user.name);
    const recorded = ledger[user.name]?.accessor ?? null;
    const failed = (problems: readonly string[]): Enrolment => ({
      token: "failed",
      accessor: recorded,
      account: undefined,
      problems,
    });
    if (account === undefined) {
      const why = `${user.name}: there is no such OS user on ${plan.host}; create it there, or set \`renewal: false\` in the roster.`;
      return [user.name, failed([why])];
    }
    try {
      const done = await enrol({ system, plan, operator, vaultAway, recorded }, user, account);
      if (done.token !== "kept" && done.token !== "failed") operator.progress(`${user.name}: ${done.token}`);
      return [user.name, done];
    } catch (error) {
      return [user.name, failed(problemsOf(error).map((problem) => `${user.name}: ${problem}`))];
    }
  });
  return new Map(entries);
}

/** Users who are known but not renewed have neither timer nor token, unless another fleet here renews them. */
async function retireUnrenewed(
  run: Apply,
  others: readonly HostPlan[],
): Promise<{ done: ReadonlySet<string>; problems: readonly string[] }> {
  const { system, plan, operator, ledger, accounts } = run;
  const done = new Set<string>();
  const problems: string[] = [];
  for (const user of plan.users.filter(({ renewal }) => !renewal)) {
    if (others.some((other) => renewedUsers(other).has(user.name))) continue;
    const recorded = ledger[user.name]?.accessor ?? null;
    const why = "the roster says renewal: false";
    const account = accounts.get(user.name);
    if (account === undefined && !Object.hasOwn(ledger, user.name)) continue;
    const retirement = await retireUser({ system, plan, operator, account, recorded, why }, user);
    problems.push(...retirement.problems);
    if (retirement.problems.length === 0) done.add(user.name);
  }
  return { done, problems };
}

function nextLedger(
  ledger: Ledger,
  plan: HostPlan,
  enrolments: ReadonlyMap<string, Enrolment>,
  retired: ReadonlySet<string>,
): Ledger {
  const next = new Map(Object.entries(ledger));
  for (const { name } of plan.users) {
    const enrolment = enrolments.get(name);
    if (enrolment !== undefined && next.has(name)) next.set(name, { accessor: enrolment.accessor });
    if (retired.has(name)) next.delete(name);
  }
  return Object.fromEntries(next);
}

async function writeDropIns(run: Apply, users: readonly HostUser[]): Promise<DropIns> {
  const written: string[] = [];
  const problems: string[] = [];
  const ready: HostUser[] = [];
  for (const user of users) {
    const account = run.accounts.get(user.name);
    if (account === undefined) continue;
    try {
      for (const file of dropInFiles(run.plan, user, account)) {
        if (await writeHostFile(run.system, file)) written.push(file.path);
      }
      ready.push(user);
    } catch (error) {
      problems.push(...problemsOf(error).map((problem) => `${user.name}: ${problem}`));
    }
  }
  return { written, ready, problems };
}

/** Files that the last plan put here, and that neither this one nor another fleet's has. */
async function removeFormerFiles(
  system: HostSystem,
  former: HostPlan | undefined,
  plan: HostPlan,
  others: readonly HostPlan[],
): Promise<readonly string[]> {
  const kept = new Set([plan, ...others].flatMap(({ files }) => files).map(({ path }) => path));
  const removed: string[] = [];
  for (const { path } of former?.files ?? []) {
    if (!kept.has(path) && (await removeHostFile(system, path))) removed.push(path);
  }
  return removed;
}

/** A user whose token could not be judged keeps what is there: the timer's failures are then told by its own log. */
function hasToken(enrolment: Enrolment | undefined): boolean {
  return enrolment !== undefined && enrolment.token !== "failed";
}

async function attempt(work: () => Promise<void>): Promise<readonly string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    return problemsOf(error);
  }
}

function describe(user: HostUser, enrolment: Enrolment | undefined): ApplyResult["users"][number] {
  if (!user.renewal) return { name: user.name, accessor: null, token: "not-renewed", awaitingLogin: false };
  const account = enrolment?.account;
  return {
    name: user.name,
    accessor: enrolment?.accessor ?? null,
    token: enrolment?.token ?? "failed",
    awaitingLogin: account !== undefined && awaitsLogin(account),
  };
}
