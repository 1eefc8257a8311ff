/** `observe-workstation`: reports the current state of a workstation and its users. Changes nothing. */
import { PROTOCOL } from "../../contract/fields.ts";
import type { HostPlan } from "../../contract/host-plan.ts";
import { PROTOCOL_LIMITS } from "../../contract/protocol-limits.ts";
import type { WorkstationObservation } from "../../contract/workstation.ts";
import { readMachineId } from "../../lib/machine-id.ts";
import { planDigest } from "../../plan/digests.ts";
import { bootFingerprint } from "../boot-fingerprint.ts";
import { observeFiles } from "../host-files.ts";
import { hostPlaces } from "../places.ts";
import type { HostSystem } from "../system.ts";
import { unitStates } from "../systemd.ts";
import { untrustedPaths } from "../trust/untrusted-paths.ts";
import { findConflicts } from "./conflicts.ts";
import { FleetRecord, otherPlans } from "./fleet-record.ts";
import { formerFiles, isDropIn } from "./former-files.ts";
import { installedProgram } from "./installed-program.ts";
import { observeUsers } from "./observe-users.ts";
import { departedUsers } from "./unenrol-users.ts";
import { hostUnits } from "./units.ts";
import { usersWithUnownedUnits } from "./unowned-units.ts";
import { vaultSource } from "./vault-health.ts";
import { sha256Of } from "../../lib/sha256.ts";
import { plainTexts } from "../../lib/printable.ts";

/** Observes the host, the users of `plan`, and the enrolled users whom `plan` no longer has. */
export async function observeWorkstation(
  system: HostSystem,
  plan: HostPlan,
): Promise<WorkstationObservation> {
  const record = new FleetRecord(system, plan.fleet);
  const [ledger, recorded] = await Promise.all([record.ledger(), record.planUnlessDamaged()]);
  const enrolled = ledger.users();
  const users = [...plan.users, ...(await departedUsers(record, plan, enrolled))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const [missing, observations] = await Promise.all([
    system.missing(),
    observeUsers({ system, plan, recorded, record, ledger }, users),
  ]);
  const units = hostUnits(plan.files);
  const [states, files] = [
    await unitStates(system, units),
    await observeFiles(
      system,
      plan.files.map(({ path }) => path),
    ),
  ];
  const applied = new Map(recorded?.files.map(({ path, content }) => [path, sha256Of(content)]));
  const others = await otherPlans(system, plan.fleet);
  const { problems } = await findConflicts(system, plan, recorded, others);
  const former = await formerFiles(system, plan, recorded, others);
  return {
    protocol: PROTOCOL,
    machineId: await readMachineId(hostPlaces(system).machineId),
    missing: [...missing],
    vaultSource: await vaultSource(plan),
    conflicts: plainTexts(problems, PROTOCOL_LIMITS.conflicts, PROTOCOL_LIMITS.sentence),
    program: await installedProgram(system),
    node: system.node.kind,
    plan: recorded === undefined ? null : planDigest(recorded),
    recordedAs: recorded?.host ?? null,
    generation: await record.applyCounter(),
    mark: await bootFingerprint(record.applyCounterFile),
    files: files.map((file) => ({
      ...file,
      applied: applied.get(file.path) === file.sha256,
    })),
    former: former.filter((path) => !isDropIn(path)),
    units: units.map((name, index) => ({
      name,
      enabled: states[index]?.enabled ?? null,
      active: states[index]?.active ?? null,
    })),
    untrusted: await reviewedPaths(system, plan, record),
    enrolled: [...enrolled],
    strays: [...(await usersWithUnownedUnits(system, plan))],
    users: observations,
  };
}

/** Returns the untrusted paths. The modes of the plan's files are part of their own observation. */
async function reviewedPaths(system: HostSystem, plan: HostPlan, record: FleetRecord) {
  const files = new Set(plan.files.map(({ path }) => hostPlaces(system).at(path)));
  const found = await untrustedPaths(system, plan, record);
  return found.filter(({ path, why }) => !(files.has(path) && why.startsWith("has the mode")));
}
