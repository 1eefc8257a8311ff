/** What cannot be shared is told by name. */
import { describe, expect, it } from "vitest";
import { hostConflicts, sameMachines, type SharingAnswer } from "../../../plan/sharing.ts";

const answer = (host: string, machineId?: string, ...conflicts: string[]): SharingAnswer => ({
  plan: { host },
  observation: machineId === undefined ? undefined : { machineId, conflicts },
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

  it("have conflicts in the host's own words, made fit for a terminal", () => {
    expect(
      hostConflicts([answer("a", "1", "alice is enrolled\u001b[2J"), answer("b", "2"), answer("c")]),
    ).toEqual(["workstation a: alice is enrolled\\u001b[2J"]);
  });
});
