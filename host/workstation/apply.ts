/** `apply`: makes a workstation's plan true. Goes on with the other users when one fails; safe to run again. */
import { eachLimited } from "../../lib/each-limited.ts";
import { problemsOf } from "../../lib/expected-error.ts";
import { removeTemporaries } from "../../lib/atomic-file.ts";
import { readMachineId } from "../../lib/machine-id.ts";
import { refuseConflicts, renewedUsers } from "./conflicts.ts";
import { dropInFiles } from "./drop-ins.ts";
import { enrol, failedEnrolment, type Enrolment } from "./enrol-user.ts";
import { keepForeign, removeHostFile, writeHostFile, writeHostFiles } from "./plan-files.ts";
import { installProgram, programFiles } from "./installed-program.ts";
import { vaultTrouble } from "./observe-workstation.ts";
import type { Outcome } from "../outcome.ts";
import type { ApplyResult } from "../../contract/workstation.ts";
import { LedgerBook } from "./ledger.ts";
import { FleetRecord, otherPlans, recordedAccessors } from "./fleet-record.ts";
import { renameUsers } from "./rename-users.ts";
import { retireUser } from "./unenrol.ts";
import type { Session } from "../session.ts";
import { hostPlaces, type Account, type HostSystem } from "../system.ts";
import { reloadSystemd, startTimers } from "./units.ts";
import { USERS_AT_ONCE } from "../user-process.ts";
import { awaitsLogin } from "../as-user/task-messages.ts";
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { userDropInPaths } from "../../plan/units/user-drop-ins.ts";

/** What an apply needs at hand. */
interface Apply {
  readonly system: HostSystem;
  readonly plan: HostPlan;
  readonly session: Session;
  readonly record: FleetRecord;
  readonly book: LedgerBook;
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
  session: Session,
): Promise<Outcome<ApplyResult>> {
  const record = new FleetRecord(system, plan.fleet);
  const [former, others] = [await record.planUnlessDamaged(), await otherPlans(system, plan.fleet)];
  const foreign = await refuseConflicts(system, plan, former, others);
  const machineId = await readMachineId(hostPlaces(system).machineId);
  const accounts = await system.accounts(plan.users.map(({ name }) => name));
  const { ledger, renamed } = await renameUsers(system, plan, record, accounts);
  for (const line of renamed) session.progress(line);
  const book = new LedgerBook(record, ledger);
  const run: Apply = { system, plan, session, record, book, accounts };
  await removeTemporaries(ownPaths(system, run));

  if (await installProgram(system, plan.program)) {
    const node = system.node.kind === "own" ? " with a Node of its own" : "";
    session.progress(`installed the program ${plan.program.version}${node}`);
  }
  for (const file of foreign) {
    const copy = await keepForeign(system, file);
    const kept = copy === undefined ? "" : `; the former file is kept as ${copy}`;
    session.progress(`took over ${file.path}, which was not claude-fleet's${kept}`);
  }
  const changed = [
    ...(await removeFormerFiles(system, former, plan, others)),
    ...(await writeHostFiles(system, plan.files)),
  ];
  for (const path of changed) session.progress(`changed ${path}`);
  // Both before any user is touched: the agent reads the plan, and retirement must know whom a broken run touched.
  await record.writePlan(plan);
  const renewed = plan.users.filter((user) => user.renewal && accounts.has(user.name));
  for (const { name } of renewed) book.set(name, book.entry(name) ?? { accessor: null });
  await book.save();

  const enrolments = await enrolAll(run);
  const retirements = await retireUnrenewed(run, others);
  for (const [name, { accessor, strays }] of enrolments) {
    if (book.entry(name) !== undefined)
      book.set(name, strays.length === 0 ? { accessor } : { accessor, strays });
  }
  for (const name of retirements.done) book.delete(name);
  const recordProblems = await attempt(() => book.save());

  const dropIns = await writeDropIns(
    run,
    renewed.filter((user) => hasToken(enrolments.get(user.name))),
  );
  const unitProblems = await attempt(async () => {
    await reloadSystemd(system, [...changed, ...dropIns.written], plan);
    await startTimers(system, record, plan, dropIns.ready);
  });
  const generation = (await record.generation()) + 1;
  recordProblems.push(...(await attempt(() => record.writeGeneration(generation))));

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
      ...recordProblems,
    ],
  };
}

async function enrolAll(run: Apply): Promise<ReadonlyMap<string, Enrolment>> {
  const { system, plan, session, book, accounts } = run;
  const vaultAway = await vaultTrouble(plan);
  const renewed = plan.users.filter(({ renewal }) => renewal);
  const entries = await eachLimited(renewed, USERS_AT_ONCE, async (user): Promise<[string, Enrolment]> => {
    const account = accounts.get(user.name);
    const recorded = book.entry(user.name);
    if (account === undefined) {
      const why = `${user.name}: there is no such OS user on ${plan.host}; create it there, or set \`renewal: false\` in the roster.`;
      return [user.name, failedEnrolment(recorded, undefined, why)];
    }
    const noteStray = (accessor: string) => book.noteStray(user.name, accessor);
    try {
      const done = await enrol({ system, plan, session, vaultAway, recorded, noteStray }, user, account);
      if (done.token !== "kept" && done.token !== "failed") session.progress(`${user.name}: ${done.token}`);
      return [user.name, done];
    } catch (error) {
      const problems = problemsOf(error).map((problem) => `${user.name}: ${problem}`);
      return [user.name, failedEnrolment(book.entry(user.name), undefined, ...problems)];
    }
  });
  return new Map(entries);
}

/** Users who are known but not renewed have neither timer nor token, unless another fleet here renews them. */
async function retireUnrenewed(
  run: Apply,
  others: readonly HostPlan[],
): Promise<{ done: ReadonlySet<string>; problems: readonly string[] }> {
  const { system, plan, session, book, accounts } = run;
  const done = new Set<string>();
  const problems: string[] = [];
  for (const user of plan.users.filter(({ renewal }) => !renewal)) {
    if (others.some((other) => renewedUsers(other).has(user.name))) continue;
    const entry = book.entry(user.name);
    const recorded = recordedAccessors(entry);
    const why = "the roster says renewal: false";
    const account = accounts.get(user.name);
    if (account === undefined && entry === undefined) continue;
    const retirement = await retireUser({ system, plan, session, account, recorded, why }, user);
    problems.push(...retirement.problems);
    if (retirement.problems.length === 0) done.add(user.name);
  }
  return { done, problems };
}

/** What an apply that was killed may have left half-written beside its files. */
function ownPaths(system: HostSystem, { plan, record, accounts }: Apply): readonly string[] {
  const { at, programs } = hostPlaces(system);
  const dropIns = [...accounts.keys()].flatMap((name) => userDropInPaths(name));
  return [
    ...[...plan.files.map(({ path }) => path), ...dropIns].map(at),
    ...record.places().map(([path]) => path),
    ...programFiles(programs, plan.program.version),
  ];
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

async function attempt(work: () => Promise<void>): Promise<string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    return [...problemsOf(error)];
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
