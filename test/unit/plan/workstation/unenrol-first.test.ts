/** Who waits for whose retirement. */
import { describe, expect, it } from "vitest";
import { awaitedUnenrolments, type Answer } from "../../../../plan/workstation/unenrol-first.ts";
import { fakePlan } from "../../../support/fakes/fake-host.ts";
import type { FakeVault } from "../../../support/fakes/fake-vault.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";

const plan = (host: string, users: readonly string[]): HostPlan => ({
  ...fakePlan({ address: "https://vault" } as FakeVault, users),
  host,
});

/** @param enrolled who is enrolled there; undefined: the host does not answer */
const host = (name: string, users: readonly string[], enrolled?: readonly string[]): Answer => ({
  plan: plan(name, users),
  observation: enrolled === undefined ? undefined : { enrolled: [...enrolled] },
});

const waits = (...answers: readonly Answer[]) => Object.fromEntries(awaitedUnenrolments(answers));

describe("an apply waits for", () => {
  it("its own host's retirement alone, when nobody moves", () => {
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

  it("each other's, when two users swap hosts: retirements wait for nobody", () => {
    expect(waits(host("a", ["y"], ["x"]), host("b", ["x"], ["y"]))).toEqual({ a: ["a", "b"], b: ["a", "b"] });
  });

  it("a host that a user stays on as not renewed", () => {
    expect(waits(host("a", ["x!"], ["x"]), host("b", ["x"], []))["b"]).toEqual(["a", "b"]);
  });

  it("a silent host only where somebody is enrolled who may have been there", () => {
    expect(waits(host("silent", ["s"]), host("b", ["y"], ["y"]), host("c", ["new"], []))).toEqual({
      silent: ["silent", "b", "c"],
      b: ["b"],
      c: ["silent", "c"],
    });
  });
});
