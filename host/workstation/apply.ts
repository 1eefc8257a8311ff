/** `apply`: applies a workstation's plan. One user's failure does not stop the others, and a second apply repairs what failed. */
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import type { ApplyResult } from "../../contract/workstation.ts";
import { removeTemporaries } from "../../lib/atomic-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { readMachineId } from "../../lib/machine-id.ts";
import { otherName } from "../../plan/workstation/conflicts.ts";
import { awaitsLogin } from "../as-user/task-messages.ts";
import { keepForeignFile, removeHostFile, writeHostFiles, type ForeignFile } from "../host-files.ts";
import { attempt, type Outcome } from "../outcome.ts";
import { hostPlaces } from "../places.ts";
import type { Session } from "../session.ts";
import type { Account, HostSystem } from "../system.ts";
import { ownPlaces } from "../trust/own-places.ts";
import { repairPlace } from "../trust/repair-places.ts";
import { untrustedPaths, untrustedProblem } from "../trust/untrusted-paths.ts";
import { findConflicts } from "./conflicts.ts";
import { writeDropIns } from "./drop-ins.ts";
import { enrolUsers, type Enrolment } from "./enrol-user.ts";
import { FleetRecord, otherPlans } from "./fleet-record.ts";
import { formerFiles } from "./former-files.ts";
import { installProgram, programFiles } from "./installed-program.ts";
import type { Ledger } from "./ledger.ts";
import { renameUsers } from "./rename-users.ts";
import { unenrolUnrenewed } from "./unenrol-users.ts";
import { reloadSystemd, startUnits } from "./units.ts";

/** What the steps of one apply share. */
interface Apply {
  readonly system: HostSystem;
  readonly plan: HostPlan;
  readonly session: Session;
  readonly record: FleetRecord;
  readonly ledger: Ledger;
  /** The OS users of the plan that exist, by name. */
  readonly accounts: ReadonlyMap<string, Account>;
  /** The plan that was applied before; undefined when there is none, or it is damaged. */
  readonly former: HostPlan | undefined;
  /** The recorded plans of the other fleets on this host. */
  readonly others: readonly HostPlan[];
}

/**
 * Applies `plan`, under the host's lock.
 * @throws {ExpectedError} before any change: the host lacks something, or files or fleets of others are in the way
 */
export async function apply(
  system: HostSystem,
  plan: HostPlan,
  session: Session,
): Promise<Outcome<ApplyResult>> {
  const record = new FleetRecord(system, plan.fleet);
  const [former, others] = [await record.planUnlessDamaged(), await otherPlans(system, plan.fleet)];
  const { foreign, problems } = await findConflicts(system, plan, former, others);
  const untrusted = (await untrustedPaths(system, plan, record)).filter(({ own }) => !own);
  const refusals = [
    ...(await system.missing()),
    ...untrusted.map(untrustedProblem),
    ...otherName(plan, former?.host ?? null),
    ...problems,
  ];
  if (refusals.length > 0) throw new ExpectedError(refusals);
  const machineId = await readMachineId(hostPlaces(system).machineId);
  const accounts = await system.accounts(plan.users.map(({ name }) => name));
  const ledger = await record.ledger();
  const run: Apply = { system, plan, session, record, ledger, accounts, former, others };

  for (const line of await renameUsers(system, plan, record, ledger, accounts)) session.progress(line);
  const places = await ownPlaces(system, plan, record);
  for (const place of places) for (const line of await repairPlace(system, place)) session.progress(line);
  await removeTemporaries([
    ...places.map(({ path }) => path),
    ...programFiles(hostPlaces(system).programs, plan.program.version),
  ]);
  const changed = await placeFiles(run, foreign);
  await recordIntent(run);
  const enrolments = await enrolUsers(run);
  const unenrolProblems = await unenrolUnrenewed(run, others);
  recordEnrolments(ledger, enrolments);
  const saveProblems = await attempt(() => ledger.save());

  const withToken = renewedHere(run).filter(
    ({ name }) => (enrolments.get(name)?.token ?? "failed") !== "failed",
  );
  const dropIns = await writeDropIns(system, plan, withToken, accounts);
  const unitProblems = await attempt(async () => {
    await reloadSystemd(system, [...changed, ...dropIns.changed], plan);
    await startUnits(system, record, plan, dropIns.ready);
  });
  const generation = (await record.applyCounter()) + 1;
  const counterProblems = await attempt(() => record.writeApplyCounter(generation));

  const users = plan.users.map((user) => describe(user, enrolments.get(user.name)));
  return {
    result: { generation, machineId, users },
    problems: [
      ...plan.users.flatMap(({ name }) => enrolments.get(name)?.problems ?? []),
      ...unenrolProblems,
      ...dropIns.problems,
      ...unitProblems,
      ...saveProblems,
      ...counterProblems,
    ],
  };
}

/** Installs the program and the plan's files, and removes files that the former plan had. @returns the changed paths */
async function placeFiles(run: Apply, foreign: readonly ForeignFile[]): Promise<readonly string[]> {
  const { system, plan, session } = run;
  if (await installProgram(system, plan.program)) {
    const node = system.node.kind === "own" ? " with a Node of its own" : "";
    session.progress(`installed the program ${plan.program.version}${node}`);
  }
  for (const file of foreign) {
    const copy = await keepForeignFile(system, file);
    const kept = copy === undefined ? "" : `; the former file is kept as ${copy}`;
    session.progress(`took over ${file.path}, which was not claude-fleet's${kept}`);
  }
  const changed = [...(await removeFormerFiles(run)), ...(await writeHostFiles(system, plan.files))];
  for (const path of changed) session.progress(`changed ${path}`);
  return changed;
}

/** Removes the files that neither this plan nor the plan of another fleet has any more. */
async function removeFormerFiles({ system, plan, former, others }: Apply): Promise<readonly string[]> {
  const removed = await formerFiles(system, plan, former, others);
  for (const path of removed) await removeHostFile(system, path);
  return removed;
}

/** Records plan and users before any user is touched: the agent reads the plan, and an interrupted apply must leave its users in the ledger. */
async function recordIntent(run: Apply): Promise<void> {
  const { plan, record, ledger } = run;
  await record.writePlan(plan);
  for (const { name } of renewedHere(run)) ledger.set(name, ledger.entry(name) ?? { accessor: null });
  await ledger.save();
}

/** Returns the renewed users of the plan whose OS account exists. */
function renewedHere({ plan, accounts }: Apply): readonly HostUser[] {
  return plan.users.filter(({ name, renewal }) => renewal && accounts.has(name));
}

function recordEnrolments(ledger: Ledger, enrolments: ReadonlyMap<string, Enrolment>): void {
  for (const [name, { accessor, unowned }] of enrolments) {
    if (ledger.entry(name) === undefined) continue;
    ledger.set(name, unowned.length === 0 ? { accessor } : { accessor, strays: [...unowned] });
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
