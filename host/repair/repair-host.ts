/**
 * `assert`: undoes, from root's own record, what was changed on a workstation since the last apply. It asks neither
 * Vault nor the operator: whether the record is the right one, and whether tokens are good, `pulumi up` finds out.
 */
import { eachLimited } from "../../lib/each-limited.ts";
import { plainText, problemsOf } from "../../lib/expected-error.ts";
import { dropInFiles } from "../workstation/drop-ins.ts";
import { writeHostFile } from "../workstation/plan-files.ts";
import { installProgram } from "../workstation/installed-program.ts";
import { openFleet, type Fleet } from "../metrics/user-facts.ts";
import type { HostFile } from "../../contract/fields.ts";
import { fleetNames } from "../workstation/fleet-record.ts";
import type { Account, HostSystem } from "../system.ts";
import { reloadSystemd, startTimers } from "../workstation/units.ts";
import { askUser, taskFor, USERS_AT_ONCE } from "../user-process.ts";
import { userMending } from "../as-user/task-messages.ts";
import { mendFolders } from "./folder-rights.ts";
import type { HostUser } from "../../contract/host-plan.ts";
import type { Reassertion } from "../reassert/reassertion.ts";

/** A user whose enrolment has come to its end once; everything about the others is for an apply to finish. */
interface Enrolled {
  readonly user: HostUser;
  readonly account: Account;
}

/** Mends what belongs to any fleet of this host, under the host's lock. A fleet's trouble is its own, and so is a user's. */
export async function reassert(system: HostSystem): Promise<Reassertion> {
  const done: Reassertion[] = [];
  for (const name of (await fleetNames(system)).toSorted()) {
    done.push(
      await attempt(`fleet ${name}: `, async () => {
        const fleet = await openFleet(system, name);
        return fleet === undefined ? NOTHING : reassertFleet(system, fleet);
      }),
    );
  }
  return together(done);
}

const NOTHING: Reassertion = { mended: [], problems: [] };

async function reassertFleet(system: HostSystem, fleet: Fleet): Promise<Reassertion> {
  const { plan, record } = fleet;
  const { enrolled, missing } = await enrolledUsers(system, fleet);
  const program = await attempt("", async () => {
    const changed = await installProgram(system, plan.program);
    return { mended: changed ? [`the program ${plan.program.version}`] : [], problems: [] };
  });
  const files: [file: HostFile, owner: string][] = plan.files.map((file) => [file, ""]);
  const dropIns = enrolled.map(({ user, account }) =>
    attempt(`${user.name}: `, () => {
      files.push(...dropInFiles(plan, user, account).map((file): [HostFile, string] => [file, user.name]));
      return Promise.resolve(NOTHING);
    }),
  );
  const refused = await Promise.all(dropIns);
  const folders = await attempt("", () =>
    mendFolders(
      system,
      record,
      files.map(([{ path }]) => path),
    ),
  );
  const written: Reassertion[] = [];
  for (const [file] of files) {
    written.push(
      await attempt(`${file.path}: `, async () => ({
        mended: (await writeHostFile(system, file)) ? [file.path] : [],
        problems: [],
      })),
    );
  }
  const homes = await eachLimited(enrolled, USERS_AT_ONCE, (one) => mendHome(system, fleet, one));
  const units = await attempt("", async () => {
    await reloadSystemd(system, together(written).mended, plan);
    const started = await startTimers(
      system,
      record,
      plan,
      enrolled.map(({ user }) => user),
    );
    return { mended: started.map((unit) => `${unit} was not enabled and active`), problems: [] };
  });
  return together([
    { mended: [], problems: missing },
    program,
    ...refused,
    folders,
    ...written,
    ...homes,
    units,
  ]);
}

async function enrolledUsers(
  system: HostSystem,
  { plan, ledger }: Fleet,
): Promise<{ readonly enrolled: readonly Enrolled[]; readonly missing: readonly string[] }> {
  const users = plan.users.filter(
    ({ name, renewal }) => renewal && (ledger[name]?.accessor ?? null) !== null,
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

/** The folders and files below a home are the user's own, and so is the process that mends them. */
function mendHome(system: HostSystem, { plan }: Fleet, { user, account }: Enrolled): Promise<Reassertion> {
  return attempt("", async () => {
    const task = taskFor(plan, user, account, { vaultAway: "not asked" });
    const asked = await askUser(system, account, "mend", task, userMending);
    if ("problem" in asked) return { mended: [], problems: [asked.problem] };
    return {
      mended: asked.answer.mended.map((what) => `${user.name}: ${plainText(what, 500)}`),
      problems: [],
    };
  });
}

async function attempt(about: string, work: () => Promise<Reassertion>): Promise<Reassertion> {
  try {
    return await work();
  } catch (error) {
    return { mended: [], problems: problemsOf(error).map((problem) => `${about}${problem}`) };
  }
}

function together(parts: readonly Reassertion[]): Reassertion {
  return {
    mended: parts.flatMap(({ mended }) => mended),
    problems: parts.flatMap(({ problems }) => problems),
  };
}
