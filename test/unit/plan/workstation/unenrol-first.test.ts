/** Which unenrolments an apply waits for. */
import { describe, expect, it } from "vitest";
import type { Observed } from "../../../../plan/workstation/enrolment.ts";
import { awaitedUnenrolments } from "../../../../plan/workstation/unenrol-first.ts";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import type { FakeVault } from "../../../support/fakes/fake-vault.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";

const plan = (host: string, users: readonly string[]): HostPlan => ({
  ...fakePlan({ address: "https://vault" } as FakeVault, users),
  host,
});

/** Returns a workstation. @param enrolled the enrolled users; undefined: the host does not answer */
const host = (
  name: string,
  users: readonly string[],
  enrolled?: readonly string[],
): Observed<"enrolled"> => ({
  plan: plan(name, users),
  observation: enrolled === undefined ? undefined : { enrolled: [...enrolled] },
});

const waits = (...workstations: readonly Observed<"enrolled">[]) =>
  Object.fromEntries(awaitedUnenrolments(workstations));

describe("an apply waits for", () => {
  it("its own host's unenrolment alone, when no user moves", () => {
    expect(waits(host("a", ["x"], ["x"]), host("b", ["y", "new"], ["y", "gone"]))).toEqual({
      a: ["a"],
      b: ["b"],
    });
  });

  it("the host that a user comes from", () => {
    expect(waits(host("a", [], ["x"]), host("b", ["x"], []), host("c", ["z"], ["z"]))).toEqual({
      a: ["a"],
      b: ["a", "b"],
      c: ["c"],
    });
  });

  it("the other host as well, when two users swap hosts; no unenrolment waits", () => {
    expect(waits(host("a", ["y"], ["x"]), host("b", ["x"], ["y"]))).toEqual({ a: ["a", "b"], b: ["a", "b"] });
  });

  it("the host where the user stays without renewal", () => {
    expect(waits(host("a", ["x!"], ["x"]), host("b", ["x"], []))["b"]).toEqual(["a", "b"]);
  });

  it("a silent host only when it enrols a user who may have been there", () => {
    expect(waits(host("silent", ["s"]), host("b", ["y"], ["y"]), host("c", ["new"], []))).toEqual({
      silent: ["silent", "b", "c"],
      b: ["b"],
      c: ["silent", "c"],
    });
  });
});
