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

/** Returns who waits for whom when Vault has a token of each user on each host that is named as `user@host`. */
const waits = (tokens: readonly string[], ...workstations: readonly Observed<"enrolled">[]) =>
  Object.fromEntries(awaitedUnenrolments(workstations, { tokens: tokens.map(tokenOf), complete: true }));

const tokenOf = (text: string) => {
  const [user, host] = text.split("@");
  return { accessor: text, user, host };
};

describe("an apply waits for", () => {
  it("its own host's unenrolment alone, when no user moves", () => {
    expect(
      waits(["x@a", "y@b", "gone@b"], host("a", ["x"], ["x"]), host("b", ["y", "new"], ["y", "gone"])),
    ).toEqual({
      a: ["a"],
      b: ["b"],
    });
  });

  it("the host that a user comes from", () => {
    expect(
      waits(["x@a", "z@c"], host("a", [], ["x"]), host("b", ["x"], []), host("c", ["z"], ["z"])),
    ).toEqual({
      a: ["a"],
      b: ["a", "b"],
      c: ["c"],
    });
  });

  it("the other host as well, when two users swap hosts; no unenrolment waits", () => {
    expect(waits(["x@a", "y@b"], host("a", ["y"], ["x"]), host("b", ["x"], ["y"]))).toEqual({
      a: ["a", "b"],
      b: ["a", "b"],
    });
  });

  it("the host where the user stays without renewal", () => {
    expect(waits(["x@a"], host("a", ["x!"], ["x"]), host("b", ["x"], []))["b"]).toEqual(["a", "b"]);
  });

  it("a silent host only when Vault has a token there of a user whom it enrols", () => {
    const silent = host("silent", ["s"]);
    expect(waits(["s@silent", "y@b"], silent, host("b", ["y"], ["y"]), host("c", ["new"], []))).toEqual({
      silent: ["silent"],
      b: ["b"],
      c: ["c"],
    });
    expect(waits(["new@silent"], silent, host("c", ["new"], []))["c"]).toEqual(["silent", "c"]);
  });

  it("no host that merely says that it has the user", () => {
    expect(waits(["x@b"], host("liar", ["z"], ["x", "new"]), host("b", ["x", "new"], ["x"]))["b"]).toEqual([
      "b",
    ]);
  });

  it("a silent host whenever it enrols a user, where not all tokens are known", () => {
    const workstations = [host("silent", ["s"]), host("b", ["y"], ["y"]), host("c", ["new"], [])];
    expect(Object.fromEntries(awaitedUnenrolments(workstations, { tokens: [], complete: false }))).toEqual({
      silent: ["silent"],
      b: ["b"],
      c: ["silent", "c"],
    });
  });
});
