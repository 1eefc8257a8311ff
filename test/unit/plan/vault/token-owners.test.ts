/** Who owns the fleet's living tokens: Vault's metadata and the plan decide, and not what hosts report. */
import { describe, expect, it } from "vitest";
import type { UserObservation } from "../../../../contract/workstation.ts";
import {
  judgeTokens,
  unconfirmedUsers,
  type FleetToken,
  type ReportedUsers,
} from "../../../../plan/vault/token-owners.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";
import { plan, user } from "../../../support/plan/workstation.ts";

/** The workstation that has alice in the roster, and another one that has bob. */
const devvm = plan;
const lab: HostPlan = {
  ...plan,
  host: "lab",
  users: [{ ...plan.users[0]!, name: "bob", policy: "claude-prod-bob" }],
};

const token = (accessor: string, changes: Partial<FleetToken> = {}): FleetToken => ({
  ...{ accessor, user: "alice", host: "devvm" },
  ...changes,
});

/** Returns what a host reports of a user. @param accessors all that it names; the first one is the token in use */
const reports = (
  name: string,
  accessors: string[],
  health: UserObservation["token"]["health"] = "good",
): UserObservation => {
  const base = user(name);
  return { ...base, accessors, token: { ...base.token, health, accessor: accessors[0] ?? null } };
};

const seen = (
  of: HostPlan,
  users: UserObservation[],
  enrolled = users.map(({ name }) => name),
): ReportedUsers => ({
  plan: of,
  observation: { enrolled, users },
});
const silent = (of: HostPlan): ReportedUsers => ({ plan: of, observation: undefined });

/** Returns the accessors in each place, without empty places. */
function judged(tokens: readonly FleetToken[], ...hosts: ReportedUsers[]) {
  const { unowned, leaving, contradicted } = judgeTokens(tokens, hosts);
  const names = (list: readonly FleetToken[]) => list.map(({ accessor }) => accessor);
  const of = [...leaving].flatMap(([host, { unenrol, apply }]) => [
    ...(unenrol.length > 0 ? [`${host} unenrols ${names(unenrol).join()}`] : []),
    ...(apply.length > 0 ? [`${host} applies ${names(apply).join()}`] : []),
  ]);
  return { unowned: names(unowned), leaving: of, contradicted: [...contradicted.values()].flat() };
}
const calm = { unowned: [], leaving: [], contradicted: [] };

describe("a token of a user of the plan", () => {
  it("is the user's when the host uses it", () => {
    expect(judged([token("a")], seen(devvm, [reports("alice", ["a"])]))).toEqual(calm);
  });

  it("is unowned when the host uses another one, or none", () => {
    const all = [token("c"), token("a"), token("b")];
    expect(judged(all, seen(devvm, [reports("alice", ["a"])])).unowned).toEqual(["b", "c"]);
    expect(judged(all, seen(devvm, [reports("alice", ["a", "b"])])).unowned).toEqual(["b", "c"]);
    expect(judged(all, seen(devvm, [reports("alice", [], "missing")], [])).unowned).toEqual(["a", "b", "c"]);
  });

  it("may be in use while another one is to be replaced, or the home cannot be read", () => {
    const all = [token("a"), token("b"), token("c")];
    for (const health of ["wrong", "stale", "refused", "missing", "unknown"] as const) {
      expect(judged(all, seen(devvm, [reports("alice", ["a", "b"], health)])).unowned).toEqual(["c"]);
    }
    expect(judged(all, seen(devvm, [reports("alice", [], "unknown")])).unowned).toEqual([]);
  });

  it("is not judged while its host does not answer, or does not report the user", () => {
    expect(judged([token("a"), token("b")], silent(devvm))).toEqual(calm);
    expect(judged([token("a"), token("b")], seen(devvm, []))).toEqual(calm);
  });

  it("is no other host's and no other user's, whatever a host reports", () => {
    const bobs = token("b", { user: "bob", host: "lab" });
    const found = judged(
      [token("a"), token("x"), bobs],
      seen(devvm, [reports("alice", ["a"]), reports("guest", ["x"], "unknown")]),
      seen(lab, [reports("bob", ["b", "x", "a"])]),
    );
    expect(found).toEqual({ ...calm, unowned: ["x"] });
  });

  it("is unowned with other rights, although the host uses it and calls it good", () => {
    const flaw = "its policies are [claude-prod-alice, claude-prod-bob], not exactly [claude-prod-alice]";
    const found = judged([token("a", { flaw })], seen(devvm, [reports("alice", ["a"])]));
    expect(found.unowned).toEqual(["a"]);
    expect(found.contradicted).toEqual([expect.stringContaining(`as good, but Vault says that ${flaw}`)]);
  });

  it("is known by the name that Vault has of a renamed user", () => {
    const renamed = { ...devvm, users: [{ ...devvm.users[0]!, name: "alice.smith", formerly: "alice" }] };
    expect(judged([token("a")], seen(renamed, [reports("alice.smith", ["a"])]))).toEqual(calm);
  });
});

describe("a token of a user who is not in the plan", () => {
  it("is revoked by the host's command when the host says that the user leaves with it", () => {
    const gone = [token("a", { user: "zoe" }), token("b", { user: "guest" })];
    const users = [reports("zoe", ["a"]), reports("guest", ["b"])];
    expect(judged(gone, seen(devvm, users))).toEqual({
      ...calm,
      leaving: ["devvm unenrols a", "devvm applies b"],
    });
  });

  it("is unowned when the host does not say so, or says it of another user", () => {
    const moved = [token("a", { user: "bob" }), token("b", { user: "bob" }), token("c", { user: "bob" })];
    for (const host of [
      silent(devvm),
      seen(devvm, []),
      seen(devvm, [reports("alice", ["a", "b", "c"])]),
      seen(devvm, [reports("bob", ["a", "b", "c"])], []),
    ]) {
      expect(judged(moved, host, silent(lab)).unowned).toEqual(["a", "b", "c"]);
    }
    const some = judged(moved, seen(devvm, [reports("bob", ["a"])]), silent(lab));
    expect(some).toEqual({ ...calm, unowned: ["b", "c"], leaving: ["devvm unenrols a"] });
  });

  it("is unowned on a host that is not in the plan, whichever hosts are silent", () => {
    const found = judged(
      [token("a", { host: "gone" }), token("b", { host: undefined, user: undefined })],
      silent(devvm),
      seen(lab, []),
    );
    expect(found.unowned).toEqual(["a", "b"]);
  });
});

it("each token confirms one user who leaves, by name or by accessor", () => {
  const gone = [token("a", { user: "zoe" }), token("b", { user: "yan" }), token("c")];
  const users = ["zoe", "yan.new", "yan.two", "liar"].map((name) =>
    reports(name, name.startsWith("yan") ? ["b"] : ["c"]),
  );
  expect(unconfirmedUsers(seen(devvm, users), gone)).toEqual(["liar", "yan.two"]);
  expect(unconfirmedUsers(silent(devvm), gone)).toEqual([]);
});

describe("a report that Vault contradicts", () => {
  it.each([
    ["that Vault does not have", [], "no such token of this fleet lives"],
    ["of another user", [token("a", { user: "bob" })], "it belongs to bob on devvm"],
    ["of another host", [token("a", { host: "lab" })], "it belongs to alice on lab"],
    ["with hostile metadata", [token("a", { host: "x\u001b[2J" })], "it belongs to alice on x\\u001b[2J"],
  ])("names a token %s", (_, tokens, why) => {
    expect(judged(tokens, seen(devvm, [reports("alice", ["a"])])).contradicted).toEqual([
      `user alice: the host reports the Vault token with the accessor a as good, but Vault says that ${why}`,
    ]);
  });

  it("is none where the host itself calls the token bad, or says nothing", () => {
    expect(judged([], seen(devvm, [reports("alice", ["a"], "wrong")])).contradicted).toEqual([]);
    expect(judged([], silent(devvm)).contradicted).toEqual([]);
  });
});
