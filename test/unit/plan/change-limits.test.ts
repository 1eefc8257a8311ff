/** The change limits of one `up`. */
import { describe, expect, it } from "vitest";
import type { HostPlan } from "../../../contract/host-plan.ts";
import { changeLimitProblems, tooManyChanges } from "../../../plan/change-limits.ts";
import {
  judgeTokens,
  unconfirmedUsers,
  type FleetToken,
  type ReportedUsers,
} from "../../../plan/vault/token-owners.ts";
import { observed, plan, user } from "../../support/plan/workstation.ts";

/** Returns the plan of a workstation with these users. */
const crowd = (names: readonly string[], host = "devvm"): HostPlan => ({
  ...plan,
  host,
  users: names.map((name) => ({ ...plan.users[0]!, name, policy: `claude-prod-${name}` })),
});
const many = Array.from({ length: 30 }, (_, index) => `user${String(index).padStart(2, "0")}`);

/** Returns a token for each user, whose accessor is the user's name. */
const tokensOf = (names: readonly string[], host = "devvm"): FleetToken[] =>
  names.map((name) => ({ accessor: `${host}-${name}`, user: name, host }));

/** Returns a host that reports exactly the tokens that its users have. */
const honest = (of: HostPlan, enrolled: readonly string[]): ReportedUsers => ({
  plan: of,
  observation: observed({
    enrolled: [...enrolled],
    users: enrolled.map((name) => {
      const accessor = `${of.host}-${name}`;
      return user(name, { accessors: [accessor], token: { ...user(name).token, accessor } });
    }),
  }),
});

interface Vault {
  readonly tokens: readonly FleetToken[];
  readonly complete?: boolean;
  readonly policies?: readonly string[];
  readonly revokes?: boolean;
}

function limits(hosts: readonly ReportedUsers[], vault: Vault, most: number): readonly string[] {
  const { tokens, complete = true, policies = [], revokes = true } = vault;
  const asked = hosts.map(({ plan: wanted, observation }) => ({
    plan: wanted,
    answered: observation !== undefined,
  }));
  const verdict = judgeTokens(tokens, hosts);
  const known = { tokens, verdict, complete, policies: new Set(policies), revokes };
  return changeLimitProblems(asked, known, most);
}

describe("the change limits", () => {
  it("let a small change through", () => {
    const tokens = tokensOf(["bob"]);
    expect(limits([honest(crowd(["alice"]), ["bob"])], { tokens }, 2)).toEqual([]);
  });

  it("stop a large change and name the setting to raise", () => {
    expect(limits([honest(crowd(many), ["bob"])], { tokens: tokensOf(["bob"]) }, 25)).toEqual([
      "This would enrol 30 users (user00, user01, user02, user03, user04, …) and unenrol 1 user (bob). That is more than the 25 changes that claude-fleet:renewal.maxChangesPerUp allows at once. If it is meant, raise that setting to 31; if not, restore the roster.",
    ]);
  });

  it("count over all hosts", () => {
    const hosts = ["devvm", "lab"].map((host) => honest(crowd(["alice"], host), ["alice", `of-${host}`]));
    const tokens = ["devvm", "lab"].flatMap((host) => tokensOf(["alice", `of-${host}`], host));
    expect(limits(hosts, { tokens }, 1)).toHaveLength(1);
    expect(limits(hosts, { tokens }, 2)).toEqual([]);
  });

  it("count the users who move, and the tokens of hosts that do not answer", () => {
    const to = honest(crowd(["zoe", ...many], "lab"), ["zoe"]);
    const tokens = [...tokensOf(["zoe"], "lab"), ...tokensOf(["alice", ...many])];
    const policies = many.map((name) => `claude-prod-${name}`);
    for (const from of [honest(crowd(["alice"]), many), { plan: crowd(["alice"]), observation: undefined }]) {
      expect(limits([from, to], { tokens, policies }, 59)[0]).toMatch(
        /^This would enrol 30 users .* unenrol 30 users/,
      );
    }
  });

  it("do not count the enrolments of a host's first apply", () => {
    expect(limits([honest(crowd(many), [])], { tokens: [] }, 0)).toEqual([]);
  });

  it("do not count tokens that the settings leave alone", () => {
    const from = { plan: crowd(["alice"]), observation: undefined };
    const tokens = tokensOf(["alice", ...many]);
    expect(limits([from], { tokens, revokes: false }, 0)).toEqual([]);
  });

  it("refuse an emptied roster whatever the limit is", () => {
    const tokens = tokensOf(["alice"]);
    for (const host of [honest(crowd([]), ["alice"]), { plan: crowd([]), observation: undefined }]) {
      expect(limits([host], { tokens }, 1000)[0]).toMatch(
        /^The roster names no user, but 1 user \(alice\).*pulumi destroy/,
      );
    }
    expect(limits([honest(crowd([]), [])], { tokens: [] }, 0)).toEqual([]);
  });

  it("refuse an emptied roster while the enrolled users of a host are unknown", () => {
    const away = [{ plan: crowd([]), observation: undefined }];
    expect(limits(away, { tokens: [], complete: false }, 1000)[0]).toMatch(
      /^The roster names no user, and the enrolled users of devvm are unknown\..*pulumi destroy/,
    );
    expect(limits(away, { tokens: [] }, 1000)).toEqual([]);
  });

  it("do not call a roster emptied when its only host with users does not answer", () => {
    const hosts = [{ plan: crowd(["alice"]), observation: undefined }, honest(crowd([], "lab"), ["bob"])];
    expect(limits(hosts, { tokens: tokensOf(["bob"], "lab") }, 1)).toEqual([]);
  });
});

describe("a host that lies does not reach the limits of the fleet", () => {
  const others = honest(crowd(["bob"], "lab"), ["bob"]);
  const bobs = tokensOf(["bob"], "lab");

  it.each<[string, ReportedUsers, readonly FleetToken[]]>([
    [
      "forty enrolled users that Vault does not have",
      honest(crowd(["alice"]), ["alice", ...many]),
      tokensOf(["alice"]),
    ],
    ["the users of another host", honest(crowd(["alice"]), ["alice", "bob"]), tokensOf(["alice"])],
    ["that none of its users is enrolled", honest(crowd(many), []), tokensOf(many)],
    [
      "the same after most of their tokens were revoked at its wish",
      honest(crowd(many), []),
      tokensOf(["user00"]),
    ],
    ["nothing at all", honest(crowd(many), []), []],
  ])("by claiming %s", (_, liar, own) => {
    const policies = many.map((name) => `claude-prod-${name}`);
    expect(limits([liar, others], { tokens: [...own, ...bobs], policies }, 0)).toEqual([]);
  });

  it("and its unconfirmed users are known by name", () => {
    const liar = honest(crowd(["alice"]), ["alice", "zoe", ...many]);
    const found = unconfirmedUsers(liar, [...tokensOf(["alice", "zoe"]), ...bobs]);
    expect(found).toEqual(many);
  });
});

it("a host counts its own changes by its ledger", () => {
  expect(tooManyChanges({ enrol: ["a"], unenrol: ["b"] }, 2)).toEqual([]);
  expect(tooManyChanges({ enrol: ["a"], unenrol: ["b\u001b"] }, 1)[0]).toContain("unenrol 1 user (b\\u001b)");
});
