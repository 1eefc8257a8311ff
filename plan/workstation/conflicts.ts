/** What two fleets, or two entries of one roster, cannot both have. */
import type { WorkstationObservation } from "../../contract/workstation.ts";
import type { HostPlan } from "../../contract/host-plan.ts";
import { fromHost } from "../../lib/printable.ts";

/** A workstation's plan and what it said; undefined when it did not answer. */
export interface SharingAnswer {
  readonly plan: Pick<HostPlan, "host" | "fleet">;
  readonly observation: Pick<WorkstationObservation, "machineId" | "conflicts" | "recordedAs"> | undefined;
}

/**
 * Machines that the roster has under more than one name, a sentence each. Each entry's apply would undo the other's:
 * the same record, the same timers, and users of the one retired by the other.
 */
export function sameMachines(answers: readonly SharingAnswer[]): readonly string[] {
  const names = new Map<string, string[]>();
  for (const { plan, observation } of answers) {
    if (observation === undefined) continue;
    const known = names.get(observation.machineId) ?? [];
    names.set(observation.machineId, [...known, plan.host]);
  }
  return [...names]
    .filter(([, hosts]) => hosts.length > 1)
    .map(
      ([machineId, hosts]) =>
        `The workstations ${hosts.join(" and ")} are one machine (machine id ${fromHost(machineId)}); keep one of them in the roster, or give a machine that was cloned an id of its own.`,
    );
}

/**
 * A machine that is a workstation of this fleet by another name, a sentence. Tokens bear their host's name, and cannot be
 * changed: under another they would be nobody's, and the removal of the former entry, which comes last, would undo the
 * new one's apply.
 * @param recordedAs the name by which the machine was applied last; null when it was not
 */
export function otherName(
  { host, fleet }: Pick<HostPlan, "host" | "fleet">,
  recordedAs: string | null,
): readonly string[] {
  if (recordedAs === null || recordedAs === host) return [];
  const former = fromHost(recordedAs);
  return [
    `The machine of the workstation ${host} is the workstation ${former} of this fleet. To name it ${host}, take it and its users out of the roster, run \`pulumi up\`, and add them by the new name then; logins and backups stay. Where it is a copy of that machine, remove /etc/claude-fleet/${fleet} on it instead.`,
  ];
}

/** Every such machine of the roster. */
export function otherNames(answers: readonly SharingAnswer[]): readonly string[] {
  return answers.flatMap(({ plan, observation }) => otherName(plan, observation?.recordedAs ?? null));
}

/** What stands in the way of applies on hosts that others use too, a sentence each. An `up` fails there, and goes on elsewhere. */
export function hostConflicts(answers: readonly SharingAnswer[]): readonly string[] {
  return answers.flatMap(({ plan, observation }) =>
    (observation?.conflicts ?? []).map((conflict) => `workstation ${plan.host}: ${fromHost(conflict)}`),
  );
}
