/** Hands a renamed OS user's units and records over to the new name. The Vault token stays where it is. */
import type { HostPlan } from "../../contract/host-plan.ts";
import { renamedUsers } from "../../plan/workstation/enrolment.ts";
import { removeHostFile } from "../host-files.ts";
import type { Account, HostSystem } from "../system.ts";
import { systemctl } from "../systemd.ts";
import { allDropInPaths } from "./drop-ins.ts";
import type { FleetRecord } from "./fleet-record.ts";
import type { Ledger } from "./ledger.ts";
import { stopUserUnits } from "./units.ts";

/**
 * Removes the units and drop-ins of former names, and moves pause marker and ledger entry to the new ones. Skips a user
 * whose OS account does not have the new name yet.
 * @returns one line for each renamed user
 */
export async function renameUsers(
  system: HostSystem,
  plan: HostPlan,
  record: FleetRecord,
  ledger: Ledger,
  accounts: ReadonlyMap<string, Account>,
): Promise<readonly string[]> {
  const renamed: string[] = [];
  for (const [former, name] of renamedUsers(plan, ledger.users())) {
    const entry = ledger.entry(former);
    if (entry === undefined || !accounts.has(name)) continue;
    await stopUserUnits(system, former);
    for (const path of allDropInPaths(former)) await removeHostFile(system, path);
    const pause = await record.pauseMarker(former);
    if (pause !== undefined) await record.writePauseMarker(name, pause);
    await record.removePauseMarker(former);
    ledger.delete(former);
    ledger.set(name, entry);
    await ledger.save();
    renamed.push(`${name}: was ${former}`);
  }
  if (renamed.length > 0) await systemctl(system, ["daemon-reload"]);
  return renamed;
}
