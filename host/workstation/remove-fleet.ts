/** `remove`: unenrols all users of a fleet and removes what the fleet has put on the host. */
import { rm } from "node:fs/promises";
import type { HostPlan } from "../../contract/host-plan.ts";
import type { UnenrolResult } from "../../contract/workstation.ts";
import { readMachineId } from "../../lib/machine-id.ts";
import { removeHostFile } from "../host-files.ts";
import type { Outcome } from "../outcome.ts";
import { hostPlaces } from "../places.ts";
import type { Session } from "../session.ts";
import type { HostSystem } from "../system.ts";
import { systemctl } from "../systemd.ts";
import { FleetRecord, otherPlans } from "./fleet-record.ts";
import { formerFiles } from "./former-files.ts";
import { removeProgram } from "./installed-program.ts";
import { unenrolAllBut } from "./unenrol-users.ts";
import { disableUnits, hostUnits } from "./units.ts";

/**
 * Removes the fleet of `plan` from this host. The last fleet takes the shared files along. Does nothing when the fleet's
 * record here is that of another workstation.
 */
export async function removeFleet(
  system: HostSystem,
  plan: HostPlan,
  session: Session,
): Promise<Outcome<UnenrolResult>> {
  const record = new FleetRecord(system, plan.fleet);
  const recorded = await record.planUnlessDamaged();
  if (recorded !== undefined && recorded.host !== plan.host) {
    session.progress(`left alone: this machine is the workstation "${recorded.host}" of this fleet now`);
    const machineId = await readMachineId(hostPlaces(system).machineId);
    return { result: { machineId, retired: [] }, problems: [] };
  }
  const nobody = { ...plan, users: [] };
  const outcome = await unenrolAllBut(system, nobody, record, session, "the fleet left this host");
  // The record names the users who are left. It stays until a repeated call has unenrolled them.
  if (outcome.problems.length > 0) return outcome;

  const others = await otherPlans(system, plan.fleet);
  const shared = new Set(others.flatMap(({ files }) => files).map(({ path }) => path));
  const files = [...plan.files, ...(recorded?.files ?? [])].filter(({ path }) => !shared.has(path));
  const disabled = await disableUnits(system, [...new Set(hostUnits(files))]);
  // A run that a timer has started could write again what is removed here.
  const started = disabled.filter((unit) => unit.endsWith(".timer")).map(serviceOfTimer);
  if (started.length > 0) await systemctl(system, ["stop", "--", ...started]);
  const former = await formerFiles(system, { files }, undefined, others);
  for (const path of [...files.map((file) => file.path), ...former]) await removeHostFile(system, path);
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
