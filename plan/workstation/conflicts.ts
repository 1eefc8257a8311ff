/** Finds conflicts between workstations: one machine under two names, and hosts that another fleet uses too. */
import type { HostPlan } from "../../contract/host-plan.ts";
import type { WorkstationObservation } from "../../contract/workstation.ts";
import { fromHost } from "../../lib/printable.ts";
import type { FleetToken } from "../vault/token-owners.ts";

/** A workstation's plan and its observation. Undefined: it did not answer. */
export interface ObservedMachine {
  readonly plan: Pick<HostPlan, "host" | "fleet">;
  readonly observation: Pick<WorkstationObservation, "machineId" | "conflicts" | "recordedAs"> | undefined;
}

/**
 * Returns one sentence for each machine that the roster has under more than one name. Such entries share record and
 * timers, so each apply would unenrol the users of the other.
 */
export function sameMachines(workstations: readonly ObservedMachine[]): readonly string[] {
  const hostsByMachine = new Map<string, string[]>();
  for (const { plan, observation } of workstations) {
    if (observation === undefined) continue;
    const hosts = hostsByMachine.get(observation.machineId) ?? [];
    hostsByMachine.set(observation.machineId, [...hosts, plan.host]);
  }
  return [...hostsByMachine]
    .filter(([, hosts]) => hosts.length > 1)
    .map(
      ([machineId, hosts]) =>
        `The workstations ${hosts.join(" and ")} are one machine (machine id ${fromHost(machineId)}). Keep one of them in the roster, or give a cloned machine an id of its own.`,
    );
}

/**
 * Returns a sentence when the machine is a workstation of this fleet under another name. Tokens hold the name of their
 * host and cannot be changed, so all of them would be unowned. The removal of the former entry comes last, and would
 * undo the apply of the new entry.
 * @param recordedAs the name at the last apply; null: there was no apply
 */
export function otherName(
  { host, fleet }: Pick<HostPlan, "host" | "fleet">,
  recordedAs: string | null,
): readonly string[] {
  if (recordedAs === null || recordedAs === host) return [];
  const former = fromHost(recordedAs);
  return [
    `The machine of the workstation ${host} is the workstation ${former} of this fleet. To rename it, remove ${former} and its users from the roster, run \`pulumi up\`, and add them again under the name ${host}. Logins and backups stay. If this machine is a copy of ${former}, remove /etc/claude-fleet/${fleet} on it instead.`,
  ];
}

/**
 * Returns whether the roster gives a workstation of the fleet another name: Vault has tokens of the former name, which the
 * roster no longer has, and none of the new name. Otherwise the recorded name concerns that host alone.
 */
export function isRenamed(
  { plan, observation }: ObservedMachine,
  workstations: readonly { readonly plan: Pick<HostPlan, "host"> }[],
  tokens: readonly FleetToken[],
): boolean {
  const former = observation?.recordedAs ?? null;
  if (former === null || workstations.some(({ plan: { host } }) => host === former)) return false;
  const has = (name: string) => tokens.some(({ host }) => host === name);
  return has(former) && !has(plan.host);
}

/** Returns what each host reports as a conflict with another fleet. */
export function hostConflicts(workstations: readonly ObservedMachine[]): readonly string[] {
  return workstations.flatMap(({ plan, observation }) =>
    (observation?.conflicts ?? []).map((conflict) => `workstation ${plan.host}: ${fromHost(conflict)}`),
  );
}
