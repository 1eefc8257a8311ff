import { describe, expect, it } from "vitest";
import { readOriginalRoster, renderRoster } from "../../../plan/import-roster.ts";
import { formatProblem } from "../../../plan/problems.ts";
import { load } from "../../support/plan/fixtures.ts";

const FACTS = { workstation: "devvm", ssh: "deploy@devvm.example.net", emailDomain: "example.com" };

const ORIGINAL = `users:
  zoe:
    authentik_user: zoe.z@other.example.com
    tier: admin
    namespaces: []
  alice: { authentik_user: alice, k8s_user: alice-k8s, tier: power-user, repos: [infra], claude_auth: true }
  bob: { authentik_user: bob, claude_auth: false }
  carol: { authentik_user: carol, parked: true, claude_auth: true }
`;

describe("the roster of the original", () => {
  it("becomes a roster in which a user who was parked or had no renewal is not renewed", () => {
    const { users, problems } = readOriginalRoster("old.yaml", ORIGINAL, FACTS);
    expect(problems.problems).toEqual([]);
    expect(users).toEqual([
      { name: "alice", email: "alice@example.com", renewal: true, why: undefined },
      { name: "bob", email: "bob@example.com", renewal: false, why: "claude_auth: false" },
      { name: "carol", email: "carol@example.com", renewal: false, why: "parked" },
      { name: "zoe", email: "zoe.z@other.example.com", renewal: true, why: undefined },
    ]);
    const plan = load({ roster: renderRoster(users, FACTS) });
    expect(plan.workstations[0]).toMatchObject({
      name: "devvm",
      address: { kind: "ssh", destination: "deploy@devvm.example.net" },
      users: [
        { name: "alice", renewal: true, dataPath: "secret/data/workstation/claude-users/alice" },
        { name: "bob", renewal: false },
        { name: "carol", renewal: false },
        { name: "zoe", renewal: true },
      ],
    });
  });

  it.each([
    ["", "old.yaml:1:1  users: is missing. Name the original's roster.yaml, which has users."],
    [
      "users:\n  alice: yes\n",
      'old.yaml:2:10  users.alice: must be a map (value "yes"). Correct the entry, or remove it.',
    ],
    [
      "users:\n  alice: { authentik_user: alice, parked: maybe }\n",
      'old.yaml:2:43  users.alice.parked: must be true or false (value "maybe"). Correct the value.',
    ],
    [
      "users:\n  alice: { tier: admin }\n",
      "old.yaml:2:3  users.alice.authentik_user: is no address to sign in with. Name your domain by --email-domain, or write the user's address here.",
    ],
  ])("is refused with a line: %j", (text, expected) => {
    const { problems } = readOriginalRoster("old.yaml", text, FACTS);
    expect(problems.problems.map(formatProblem)).toEqual([expected]);
  });

  it("needs a domain for accounts that are not addresses", () => {
    const { problems } = readOriginalRoster("old.yaml", ORIGINAL, { ...FACTS, emailDomain: undefined });
    expect(problems.problems.map(({ path }) => path)).toEqual(
      ["alice", "bob", "carol"].map((user) => `users.${user}.authentik_user`),
    );
  });

  it("is refused with a name that a path reads in another way", () => {
    const { problems } = readOriginalRoster("old.yaml", "users:\n  ../x: { authentik_user: x }\n", FACTS);
    expect(problems.problems[0]?.message).toContain("must be a user name");
  });
});
