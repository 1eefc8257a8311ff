/** Users whose account has another name by now: their units are made anew, their token stays where it is. */
import { removeHostFile } from "./plan-files.ts";
import { renamedUsers } from "../../plan/workstation/enrolment.ts";
import type { FleetRecord, Ledger } from "./fleet-record.ts";
import { dropInsOf, stopUnits } from "./unenrol.ts";
import type { Account, HostSystem } from "../system.ts";
import { systemctl } from "../systemd.ts";
import type { HostPlan } from "../../contract/host-plan.ts";

/**
 * Takes away what bears the former names, and hands the records over to the new ones. A user whose account does not have
 * the new name yet is left as they are.
 * @returns the ledger as it is now, and the users who were renamed
 */
export async function renameUsers(
  system: HostSystem,
  plan: HostPlan,
  record: FleetRecord,
  accounts: ReadonlyMap<string, Account>,
): Promise<{ readonly ledger: Ledger; readonly renamed: readonly string[] }> {
  let ledger = await record.ledger();
  const renamed: string[] = [];
  for (const [former, name] of renamedUsers(plan, Object.keys(ledger))) {
    const entry = ledger[former];
    if (entry === undefined || !accounts.has(name)) continue;
    await stopUnits(system, former);
    for (const path of dropInsOf(former)) await removeHostFile(system, path);
    const pause = await record.pauseOf(former);
    if (pause !== undefined) await record.writePause(name, pause);
    await record.removePause(former);
    const others = Object.entries(ledger).filter(([user]) => user !== former);
    ledger = { ...Object.fromEntries(others), [name]: entry };
    await record.writeLedger(ledger);
    renamed.push(`${name}: was ${former}`);
  }
  if (renamed.length > 0) await systemctl(system, ["daemon-reload"]);
  return { ledger, renamed };
}
