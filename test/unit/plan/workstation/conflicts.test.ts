/** Conflicts between workstations. */
import { describe, expect, it } from "vitest";
import {
  hostConflicts,
  isRenamed,
  otherName,
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
    const { plan } = workstation("shop", "1");
    expect(otherName(plan, null)).toEqual([]);
    expect(otherName(plan, "shop")).toEqual([]);
    expect(otherName(plan, "devvm\u001b[2J")).toEqual([
      "The machine of the workstation shop is the workstation devvm\\u001b[2J of this fleet. To rename it, remove devvm\\u001b[2J and its users from the roster, run `pulumi up`, and add them again under the name shop. Logins and backups stay. If this machine is a copy of devvm\\u001b[2J, remove /etc/claude-fleet/dev on it instead.",
    ]);
  });

  it("are renamed when Vault knows the former name and not the new one, whatever a host reports", () => {
    const { plan, observation } = workstation("shop", "1");
    const named = (recordedAs: string | null) => ({ plan, observation: { ...observation!, recordedAs } });
    const tokens = (...hosts: string[]) => hosts.map((host) => ({ accessor: host, user: "alice", host }));
    const roster = (...hosts: string[]) => hosts.map((host) => ({ plan: { host } }));
    expect(isRenamed(named("devvm"), roster("shop"), tokens("devvm"))).toBe(true);
    expect(isRenamed(named(null), roster("shop"), tokens("devvm"))).toBe(false);
    expect(isRenamed(workstation("away"), roster("shop"), tokens("devvm"))).toBe(false);
    expect(isRenamed(named("devvm"), roster("shop", "devvm"), tokens("devvm"))).toBe(false);
    expect(isRenamed(named("devvm"), roster("shop"), tokens("devvm", "shop"))).toBe(false);
    expect(isRenamed(named("invented"), roster("shop"), tokens("shop"))).toBe(false);
    expect(isRenamed(named("invented"), roster("shop"), [])).toBe(false);
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
