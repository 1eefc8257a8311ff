/**
 * `claude-fleet-host assert`: the hourly repair. Repairs on a workstation, from the fleet record, what was changed since the
 * last apply. Asks neither Vault nor the operator: `pulumi up` finds out whether the record is the right one and whether
 * tokens are good.
 */
import type { HostUser } from "../../contract/host-plan.ts";
import { eachLimited } from "../../lib/each-limited.ts";
import { ExpectedError, problemsOf } from "../../lib/expected-error.ts";
import { plainText } from "../../lib/printable.ts";
import { homeRepair } from "../as-user/task-messages.ts";
import { writeHostFile } from "../host-files.ts";
import { openFleet, type Fleet } from "../metrics/user-facts.ts";
import { attempt } from "../outcome.ts";
import { realSystem } from "../real-system.ts";
import { programSource } from "../running-program.ts";
import type { Account, HostSystem } from "../system.ts";
import { askUser, taskFor, USER_PATIENCE_MS, USERS_AT_ONCE } from "../user-process.ts";
import { dropInFiles } from "../workstation/drop-ins.ts";
import { fleetNames } from "../workstation/fleet-record.ts";
import { ownPlaces } from "../trust/own-places.ts";
import { repairPlace } from "../trust/repair-places.ts";
import { untrustedPaths, untrustedProblem } from "../trust/untrusted-paths.ts";
import { installProgram } from "../workstation/installed-program.ts";
import { reloadSystemd, startUnits } from "../workstation/units.ts";
import { recordRepair, type Repair } from "./last-repair.ts";

/** Repairs the host once. @returns the exit code: 1 when something could not be repaired */
export async function repairMain(): Promise<number> {
  process.umask(0o022);
  try {
    return await repairAndRecord(realSystem(await programSource()), new Date());
  } catch (error) {
    complain(problemsOf(error));
    return 1;
  }
}

/** Repairs the host, writes one line for each thing to the journal, and records the counts, also when it could not start. */
export async function repairAndRecord(system: HostSystem, now: Date): Promise<number> {
  const { repaired, problems } = await repairUnderLock(system).catch((error: unknown): Repair => {
    return { repaired: [], problems: problemsOf(error) };
  });
  for (const what of repaired) say(`repaired: ${what}`);
  complain(problems);
  await recordRepair(system, now, { repaired, problems });
  say(`${repaired.length} repaired, ${problems.length} not repaired`);
  return problems.length === 0 ? 0 : 1;
}

async function repairUnderLock(system: HostSystem): Promise<Repair> {
  const lock = await system.lock();
  if (lock === undefined) {
    throw new ExpectedError(
      "Nothing was repaired, because another change of this host has been under way for 5 minutes; look for a hanging claude-fleet-host here.",
    );
  }
  try {
    return await repairHost(system);
  } finally {
    await lock.release();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(problems: readonly string[]): void {
  for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
}

/** Runs steps one after the other. A step that fails does not stop the next one. */
class Steps implements Repair {
  readonly repaired: string[] = [];
  readonly problems: string[] = [];

  /** @param about precedes each problem @param work returns what it repaired, one clause each */
  async run(about: string, work: () => Promise<readonly string[]>): Promise<void> {
    const step = async () => this.repaired.push(...(await work()));
    this.problems.push(...(await attempt(step, about)));
  }
}

/** Repairs what belongs to any fleet of this host, under the host's lock. A failure of one fleet or user does not stop the others. */
export async function repairHost(system: HostSystem): Promise<Repair> {
  const steps = new Steps();
  for (const name of (await fleetNames(system)).toSorted()) {
    const about = `fleet ${name}: `;
    steps.problems.push(
      ...(await attempt(async () => {
        const fleet = await openFleet(system, name);
        if (fleet !== undefined) await repairFleet(system, fleet, steps);
      }, about)),
    );
  }
  return steps;
}

async function repairFleet(system: HostSystem, fleet: Fleet, steps: Steps): Promise<void> {
  const { plan, record } = fleet;
  const { enrolled, missing } = await enrolledUsers(system, fleet);
  steps.problems.push(...missing);
  const systemPaths = (await untrustedPaths(system, plan, record)).filter(({ own }) => !own);
  steps.problems.push(...systemPaths.map(untrustedProblem));
  for (const place of await ownPlaces(system, plan, record)) {
    await steps.run("", () => repairPlace(system, place));
  }
  await steps.run("", async () =>
    (await installProgram(system, plan.program)) ? [`the program ${plan.program.version}`] : [],
  );
  const files = [...plan.files];
  for (const { user, account } of enrolled) {
    await steps.run(`${user.name}: `, () => {
      files.push(...dropInFiles(plan, user, account));
      return Promise.resolve([]);
    });
  }
  const written: string[] = [];
  for (const file of files) {
    await steps.run(`${file.path}: `, async () => {
      if (!(await writeHostFile(system, file))) return [];
      written.push(file.path);
      return [file.path];
    });
  }
  await steps.run("", async () => {
    await reloadSystemd(system, written, plan);
    const users = enrolled.map(({ user }) => user);
    const started = await startUnits(system, record, plan, users);
    return started.map((unit) => `${unit} was not enabled and active`);
  });
  await repairHomes(system, fleet, enrolled, steps);
}

/** Repairs the homes last, because a user can make the own process hang, and use up what this service may use. */
async function repairHomes(
  system: HostSystem,
  fleet: Fleet,
  enrolled: readonly Enrolled[],
  steps: Steps,
): Promise<void> {
  const repair = async (one: Enrolled) => {
    const home = new Steps();
    await home.run("", () => repairHome(system, fleet, one));
    return home;
  };
  const homes = await eachLimited(enrolled, USERS_AT_ONCE, repair, USER_PATIENCE_MS);
  steps.repaired.push(...homes.flatMap(({ repaired }) => repaired));
  steps.problems.push(...homes.flatMap(({ problems }) => problems));
}

/** A user who has been enrolled once. An apply must finish the enrolment of every other user. */
interface Enrolled {
  readonly user: HostUser;
  readonly account: Account;
}

async function enrolledUsers(
  system: HostSystem,
  { plan, ledger }: Fleet,
): Promise<{ readonly enrolled: readonly Enrolled[]; readonly missing: readonly string[] }> {
  const users = plan.users.filter(
    ({ name, renewal }) => renewal && (ledger.entry(name)?.accessor ?? null) !== null,
  );
  const accounts = await system.accounts(users.map(({ name }) => name));
  const enrolled = users.flatMap((user) => {
    const account = accounts.get(user.name);
    return account === undefined ? [] : [{ user, account }];
  });
  const missing = users
    .filter(({ name }) => !accounts.has(name))
    .map(({ name }) => `${name}: there is no such OS user any more; take the user out of the roster.`);
  return { enrolled, missing };
}

/** Repairs a home by a process of its user, because the folders and files below it are the user's own. */
async function repairHome(
  system: HostSystem,
  { plan }: Fleet,
  { user, account }: Enrolled,
): Promise<readonly string[]> {
  const task = taskFor(plan, user, account, { vaultAway: "not asked" });
  const asked = await askUser(system, account, "repair", task, homeRepair);
  if ("problem" in asked) throw new ExpectedError(asked.problem);
  return asked.answer.repaired.map((what) => `${user.name}: ${plainText(what, 500)}`);
}
