/** `collect`: renders one textfile with the figures of every fleet's users on this host. Asks nothing of Vault. */
import { mkdir } from "node:fs/promises";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { eachLimited } from "../../lib/each-limited.ts";
import { figures, type UserFacts } from "../../plan/metrics/figures.ts";
import { textfile } from "../../plan/metrics/textfile.ts";
import { userTimer } from "../../plan/units.ts";
import type { HostPlan } from "../protocol.ts";
import { FleetRecord, fleetNames, type Ledger } from "../record.ts";
import { hostPlaces, type Account, type HostSystem } from "../system.ts";
import { unitStates } from "../systemd.ts";
import { readUserMounts, type UserMounts } from "../user-files.ts";
import { readStatus } from "./read-status.ts";

const READ_AT_ONCE = 8;

/** Collects and writes. A user's trouble is theirs alone, and so is a fleet's. @throws when the file cannot be written */
export async function collect(system: HostSystem, now: Date): Promise<void> {
  const fleets = await Promise.all((await fleetNames(system)).map((name) => openFleet(system, name)));
  const mounts = await readUserMounts();
  const users = [];
  for (const fleet of fleets) if (fleet !== undefined) users.push(...(await factsOf(system, fleet, mounts)));
  const damagedPlans = fleets.filter((fleet) => fleet === undefined).length;
  const text = textfile(figures({ now: now.getTime(), users, damagedPlans }));
  const { metrics, textfile: path } = hostPlaces(system);
  await mkdir(metrics, { recursive: true, mode: 0o755 });
  await writeFileAtomic(path, text, { mode: 0o644 });
}

interface Fleet {
  readonly record: FleetRecord;
  readonly plan: HostPlan;
  readonly ledger: Ledger;
}

/** Undefined when what root has recorded about the fleet cannot be read. */
async function openFleet(system: HostSystem, name: string): Promise<Fleet | undefined> {
  try {
    const record = new FleetRecord(system, name);
    const [plan, ledger] = await Promise.all([record.plan(), record.ledger()]);
    return plan && { record, plan, ledger };
  } catch {
    return undefined;
  }
}

async function factsOf(
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
      enrolled: Object.hasOwn(ledger, name),
      paused: await record.paused(name),
      nextRunAt: next.get(name) ?? null,
      status: account === undefined ? "no-account" : await readAs(account),
    };
  });
}
