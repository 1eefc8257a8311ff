/**
 * Repairs on a workstation, from the fleet record, what was changed since the last apply. Asks neither Vault nor the
 * operator: `pulumi up` finds out whether the record is the right one and whether tokens are good.
 */
import type { HostPlan, HostUser } from "../../contract/host-plan.ts";
import { eachLimited } from "../../lib/each-limited.ts";
import { problemsOf } from "../../lib/expected-error.ts";
import { homeRepair } from "../as-user/task-messages.ts";
import { writeHostFile } from "../host-files.ts";
import { openFleet, type Fleet } from "../metrics/user-facts.ts";
import { attempt } from "../outcome.ts";
import type { Account, HostSystem } from "../system.ts";
import { askUser, taskFor, USERS_AT_ONCE } from "../user-process.ts";
import { dropInFiles } from "../workstation/drop-ins.ts";
import { fleetNames } from "../workstation/fleet-record.ts";
import { installProgram } from "../workstation/installed-program.ts";
import { reloadSystemd, startUnits } from "../workstation/units.ts";
import { repairFolders } from "./folder-rights.ts";
import type { Repair } from "./last-repair.ts";
import { plainText } from "../../lib/printable.ts";

/** A user who has been enrolled once. An apply must finish the enrolment of every other user. */
interface Enrolled {
  readonly user: HostUser;
  readonly account: Account;
}

/** Repairs what belongs to any fleet of this host, under the host's lock. A failure of one fleet or user does not stop the others. */
export async function repairHost(system: HostSystem): Promise<Repair> {
  const done: Repair[] = [];
  for (const name of (await fleetNames(system)).toSorted()) {
    const repair = async () => {
      const fleet = await openFleet(system, name);
      return fleet === undefined ? NOTHING : repairFleet(system, fleet);
    };
    done.push(await attemptRepair(`fleet ${name}: `, repair));
  }
  return together(done);
}

const NOTHING: Repair = { repaired: [], problems: [] };

async function repairFleet(system: HostSystem, fleet: Fleet): Promise<Repair> {
  const { plan, record } = fleet;
  const { enrolled, missing } = await enrolledUsers(system, fleet);
  const program = await attemptRepair("", async () => {
    const changed = await installProgram(system, plan.program);
    return { repaired: changed ? [`the program ${plan.program.version}`] : [], problems: [] };
  });
  const { files, problems: refused } = await filesOf(plan, enrolled);
  const paths = files.map(({ path }) => path);
  const folders = await attemptRepair("", () => repairFolders(system, record, paths));
  const written: Repair[] = [];
  for (const file of files) {
    const write = async () => ({
      repaired: (await writeHostFile(system, file)) ? [file.path] : [],
      problems: [],
    });
    written.push(await attemptRepair(`${file.path}: `, write));
  }
  const homes = await eachLimited(enrolled, USERS_AT_ONCE, (one) => repairHome(system, fleet, one));
  const units = await attemptRepair("", async () => {
    await reloadSystemd(system, together(written).repaired, plan);
    const users = enrolled.map(({ user }) => user);
    const started = await startUnits(system, record, plan, users);
    return { repaired: started.map((unit) => `${unit} was not enabled and active`), problems: [] };
  });
  const before = { repaired: [], problems: missing };
  const drops = { repaired: [], problems: refused };
  return together([before, program, drops, folders, ...written, ...homes, units]);
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

/** Returns the plan's files with the drop-ins of the enrolled users, and one problem for each user whose drop-ins cannot be rendered. */
async function filesOf(plan: HostPlan, enrolled: readonly Enrolled[]) {
  const files = [...plan.files];
  const problems: string[] = [];
  for (const { user, account } of enrolled) {
    const render = () => Promise.resolve().then(() => files.push(...dropInFiles(plan, user, account)));
    problems.push(...(await attempt(render, `${user.name}: `)));
  }
  return { files, problems };
}

/** Repairs a home by a process of its user, because the folders and files below it are the user's own. */
function repairHome(system: HostSystem, { plan }: Fleet, { user, account }: Enrolled): Promise<Repair> {
  return attemptRepair("", async () => {
    const task = taskFor(plan, user, account, { vaultAway: "not asked" });
    const asked = await askUser(system, account, "repair", task, homeRepair);
    if ("problem" in asked) return { repaired: [], problems: [asked.problem] };
    return {
      repaired: asked.answer.repaired.map((what) => `${user.name}: ${plainText(what, 500)}`),
      problems: [],
    };
  });
}

async function attemptRepair(about: string, work: () => Promise<Repair>): Promise<Repair> {
  try {
    return await work();
  } catch (error) {
    return { repaired: [], problems: problemsOf(error).map((problem) => `${about}${problem}`) };
  }
}

function together(parts: readonly Repair[]): Repair {
  return {
    repaired: parts.flatMap(({ repaired }) => repaired),
    problems: parts.flatMap(({ problems }) => problems),
  };
}
