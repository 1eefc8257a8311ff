/** Conflicts between workstations. */
import { describe, expect, it } from "vitest";
import {
  hostConflicts,
  otherNames,
  sameMachines,
  type ObservedMachine,
} from "../../../../plan/workstation/conflicts.ts";

const workstation = (host: string, machineId?: string, ...conflicts: string[]): ObservedMachine => ({
  plan: { host, fleet: "dev" },
  observation: machineId === undefined ? undefined : { machineId, conflicts, recordedAs: host },
});

describe("workstations of a roster", () => {
  it("are one for each machine, and may not answer", () => {
    expect(
      sameMachines([workstation("a", "1"), workstation("b", "2"), workstation("c"), workstation("d")]),
    ).toEqual([]);
  });

  it("are not one machine under two names", () => {
    expect(sameMachines([workstation("a", "1"), workstation("b", "2"), workstation("c", "1")])).toEqual([
      "The workstations a and c are one machine (machine id 1). Keep one of them in the roster, or give a cloned machine an id of its own.",
    ]);
  });

  it("keep the name under which their machine was applied", () => {
    const { plan, observation } = workstation("shop", "1");
    const named = (recordedAs: string | null) => ({ plan, observation: { ...observation!, recordedAs } });
    expect(otherNames([named(null), named("shop"), workstation("away")])).toEqual([]);
    expect(otherNames([named("devvm\u001b[2J")])).toEqual([
      "The machine of the workstation shop is the workstation devvm\\u001b[2J of this fleet. To rename it, remove devvm\\u001b[2J and its users from the roster, run `pulumi up`, and add them again under the name shop. Logins and backups stay. If this machine is a copy of devvm\\u001b[2J, remove /etc/claude-fleet/dev on it instead.",
    ]);
  });

  it("have the conflicts that the host reports, escaped", () => {
    expect(
      hostConflicts([
        workstation("a", "1", "alice is enrolled\u001b[2J"),
        workstation("b", "2"),
        workstation("c"),
      ]),
    ).toEqual(["workstation a: alice is enrolled\\u001b[2J"]);
  });
});
