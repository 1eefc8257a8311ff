/** `retire` and `remove`: users who left the plan, and a whole fleet that leaves the host. */
import { rm } from "node:fs/promises";
import { ExpectedError } from "../../lib/expected-error.ts";
import { readMachineId } from "../../lib/machine-id.ts";
import { otherName } from "../../plan/workstation/conflicts.ts";
import { hostUnits, removeHostFile } from "./plan-files.ts";
import { removeProgram } from "./installed-program.ts";
import { formerUsers } from "./observe-workstation.ts";
import type { Outcome } from "../outcome.ts";
import type { UnenrolResult } from "../../contract/workstation.ts";
import { FleetRecord, otherPlans, recordedAccessors } from "./fleet-record.ts";
import { dropInsOf, retireUser } from "./unenrol.ts";
import type { Session } from "../session.ts";
import { stopStrays, strayUsers } from "./unowned-units.ts";
import { hostPlaces, type HostSystem } from "../system.ts";
import { systemctl, unitStates } from "../systemd.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/** Retires those whom this fleet has enrolled here and `plan` no longer has. Running it again changes nothing. */
export async function retire(
  system: HostSystem,
  plan: HostPlan,
  session: Session,
): Promise<Outcome<UnenrolResult>> {
  const record = new FleetRecord(system, plan.fleet);
  const recorded = await record.planUnlessDamaged();
  const misnamed = otherName(plan, recorded?.host ?? null);
  if (misnamed.length > 0) throw new ExpectedError(misnamed);
  const outcome = await retireAllBut(system, plan, record, session, "the user left this workstation's plan");
  const strays = await strayUsers(system, plan);
  await stopStrays(system, strays);
  for (const user of strays) session.progress(`stopped what renewed ${user}, whom no fleet here knows`);
  // The same difference a second time must be told by another note.
  if (strays.length + outcome.result.retired.length > 0)
    await record.writeGeneration((await record.generation()) + 1);
  const gone = new Set(outcome.result.retired.map(({ name }) => name));
  if (recorded !== undefined && gone.size > 0) {
    const theirs = new Set([...gone].flatMap(dropInsOf));
    await record.writePlan({
      ...recorded,
      users: recorded.users.filter(({ name }) => !gone.has(name)),
      files: recorded.files.filter(({ path }) => !theirs.has(path)),
    });
    await systemctl(system, ["daemon-reload"]);
  }
  return outcome;
}

/** Retires all users and removes what the fleet has put here; shared parts go with the last fleet. */
export async function remove(
  system: HostSystem,
  plan: HostPlan,
  session: Session,
): Promise<Outcome<UnenrolResult>> {
  const record = new FleetRecord(system, plan.fleet);
  const recorded = await record.planUnlessDamaged();
  if (recorded !== undefined && recorded.host !== plan.host) {
    session.progress(`left alone: this machine is the workstation "${recorded.host}" of this fleet now`);
    return {
      result: { machineId: await readMachineId(hostPlaces(system).machineId), retired: [] },
      problems: [],
    };
  }
  const outcome = await retireAllBut(
    system,
    { ...plan, users: [] },
    record,
    session,
    "the fleet left this host",
  );
  // What names the users that are left is kept until they are gone too: then this is done again.
  if (outcome.problems.length > 0) return outcome;

  const others = await otherPlans(system, plan.fleet);
  const shared = new Set(others.flatMap(({ files }) => files).map(({ path }) => path));
  const files = [...plan.files, ...(recorded?.files ?? [])].filter(({ path }) => !shared.has(path));
  const units = [...new Set(hostUnits(files))];
  const states = await unitStates(system, units);
  const loaded = units.filter((_, index) => states[index]?.enabled !== null);
  if (loaded.length > 0) await systemctl(system, ["disable", "--now", "--", ...loaded]);
  // A run of what the timer starts may be under way, and would write what is removed here.
  const started = loaded.filter((unit) => unit.endsWith(".timer")).map(serviceOfTimer);
  if (started.length > 0) await systemctl(system, ["stop", "--", ...started]);
  for (const { path } of files) await removeHostFile(system, path);
  await systemctl(system, ["daemon-reload"]);
  if (others.length === 0) {
    await removeProgram(system);
    await rm(hostPlaces(system).state, { recursive: true, force: true });
  }
  await record.remove();
  return outcome;
}

function serviceOfTimer(timer: string): string {
  return timer.replace(/\.timer$/, ".service");
}

async function retireAllBut(
  system: HostSystem,
  plan: HostPlan,
  record: FleetRecord,
  session: Session,
  why: string,
): Promise<Outcome<UnenrolResult>> {
  const ledger = new Map(Object.entries(await record.ledger()));
  const users = await formerUsers(record, plan, [...ledger.keys()].sort());
  const accounts = await system.accounts(users.map(({ name }) => name));
  const retired: UnenrolResult["retired"] = [];
  const problems: string[] = [];
  for (const user of users) {
    const account = accounts.get(user.name);
    const recorded = recordedAccessors(ledger.get(user.name));
    const done = await retireUser({ system, plan, session, account, recorded, why }, user);
    problems.push(...done.problems);
    if (done.problems.length > 0) continue;
    retired.push({ name: user.name, accessors: [...done.accessors] });
    ledger.delete(user.name);
    await record.writeLedger(Object.fromEntries(ledger));
    session.progress(`retired ${user.name}`);
  }
  return { result: { machineId: await readMachineId(hostPlaces(system).machineId), retired }, problems };
}
