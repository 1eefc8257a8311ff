/** What cannot be shared is told by name. */
import { describe, expect, it } from "vitest";
import {
  hostConflicts,
  otherNames,
  sameMachines,
  type SharingAnswer,
} from "../../../../plan/workstation/conflicts.ts";

const answer = (host: string, machineId?: string, ...conflicts: string[]): SharingAnswer => ({
  plan: { host, fleet: "dev" },
  observation: machineId === undefined ? undefined : { machineId, conflicts, recordedAs: host },
});

describe("workstations of a roster", () => {
  it("may be as many as there are machines, and silent", () => {
    expect(sameMachines([answer("a", "1"), answer("b", "2"), answer("c"), answer("d")])).toEqual([]);
  });

  it("may not be one machine under two names", () => {
    expect(sameMachines([answer("a", "1"), answer("b", "2"), answer("c", "1")])).toEqual([
      "The workstations a and c are one machine (machine id 1); keep one of them in the roster, or give a machine that was cloned an id of its own.",
    ]);
  });

  it("may not have another name than the one by which their machine was applied", () => {
    const { plan, observation } = answer("shop", "1");
    const named = (recordedAs: string | null) => ({ plan, observation: { ...observation!, recordedAs } });
    expect(otherNames([named(null), named("shop"), answer("away")])).toEqual([]);
    expect(otherNames([named("devvm\u001b[2J")])).toEqual([
      "The machine of the workstation shop is the workstation devvm\\u001b[2J of this fleet. To name it shop, take it and its users out of the roster, run `pulumi up`, and add them by the new name then; logins and backups stay. Where it is a copy of that machine, remove /etc/claude-fleet/dev on it instead.",
    ]);
  });

  it("have conflicts in the host's own words, made fit for a terminal", () => {
    expect(
      hostConflicts([answer("a", "1", "alice is enrolled\u001b[2J"), answer("b", "2"), answer("c")]),
    ).toEqual(["workstation a: alice is enrolled\\u001b[2J"]);
  });
});
