/** What root knows about the users of a fleet: from its own record, from systemd, and from what the users' agents say. */
import { eachLimited } from "../../lib/each-limited.ts";
import type { UserFacts } from "../../plan/metrics/workstation-samples.ts";
import { userTimer } from "../../plan/units/names.ts";
import { FleetRecord } from "../workstation/fleet-record.ts";
import type { Ledger } from "../workstation/ledger.ts";
import type { Account, HostSystem } from "../system.ts";
import { unitStates } from "../systemd.ts";
import type { UserMounts } from "../read-user-file.ts";
import { readStatus } from "./read-agent-status.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

const READ_AT_ONCE = 8;

/** What root has recorded about a fleet. */
export interface Fleet {
  readonly record: FleetRecord;
  readonly plan: HostPlan;
  readonly ledger: Ledger;
}

/** Undefined when nothing of the fleet has been applied here. @throws {ExpectedError} when the record is damaged */
export async function openFleet(system: HostSystem, name: string): Promise<Fleet | undefined> {
  const record = new FleetRecord(system, name);
  const [plan, ledger] = await Promise.all([record.plan(), record.ledger()]);
  return plan && { record, plan, ledger };
}

/** The facts of each user of the fleet's plan, in its order. */
export async function factsOf(
  system: HostSystem,
  { record, plan, ledger }: Fleet,
  mounts: UserMounts,
): Promise<readonly UserFacts[]> {
  const renewed = plan.users.filter(({ renewal }) => renewal).map(({ name }) => name);
  const [accounts, timers] = await Promise.all([
    system.accounts(renewed),
    unitStates(system, renewed.map(userTimer)),
  ]);
  const next = new Map(renewed.map((name, index) => [name, timers[index]?.nextElapse ?? null]));
  const readAs = (account: Account) => readStatus(account, plan.fleet, { root: system.owner.uid, mounts });
  return eachLimited(plan.users, READ_AT_ONCE, async ({ name, renewal }) => {
    const account = accounts.get(name);
    return {
      fleet: plan.fleet,
      workstation: plan.host,
      user: name,
      renewed: renewal,
      enrolled: ledger.entry(name) !== undefined,
      paused: await record.paused(name),
      nextRunAt: next.get(name) ?? null,
      status: account === undefined ? "no-account" : await readAs(account),
    };
  });
}
