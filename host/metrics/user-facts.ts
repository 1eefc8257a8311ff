/** Gathers what root knows about the users of a fleet: from the fleet record, from systemd and from the users' agents. */
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

/** Holds what the fleet record says. */
export interface Fleet {
  readonly record: FleetRecord;
  readonly plan: HostPlan;
  readonly ledger: Ledger;
}

/** Reads a fleet record; undefined before the fleet's first apply here. @throws {ExpectedError} when the record is damaged */
export async function openFleet(system: HostSystem, name: string): Promise<Fleet | undefined> {
  const record = new FleetRecord(system, name);
  const [plan, ledger] = await Promise.all([record.plan(), record.ledger()]);
  return plan && { record, plan, ledger };
}

/** Returns the facts of each user of the fleet's plan, in the plan's order. */
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
