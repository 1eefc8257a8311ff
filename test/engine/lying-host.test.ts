/**
 * Hosts that lie about tokens. After an `up` each user has one token, and every other token is revoked or named.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { applyInput } from "../../plan/requests/workstation.ts";
import { hostPlan } from "../../plan/workstation/host-plan.ts";
import {
  applied,
  codes,
  honest,
  LyingFleet,
  NOBODY_LEFT,
  userReport,
  type Lies,
  type Roster,
} from "../support/enrolment/lying-fleet.ts";

let fleet: LyingFleet;

beforeAll(async () => {
  fleet = await LyingFleet.open();
});
afterAll(() => fleet?.close());
afterEach(() => fleet.clear());

const need = (user: string) => ({ event: "need-token", user });
const revoke = (user: string, accessor: string) => ({ event: "revoke", user, accessor, why: "because" });
const both: Roster = { devvm: ["alice"], lab: ["bob"] };

describe("a host that mints", () => {
  it("gets one token for each user and run, however often it asks", async () => {
    const plan = fleet.plan({ devvm: ["alice"] });
    const observation = { ...fleet.healthy(plan, "devvm", {}), users: [userReport("alice", [], "missing")] };
    const before = (await fleet.enrolled("alice", "devvm")).accessor;
    // A wish that Vault refuses must not keep the token from being revoked.
    const wishes = ["", "bob", "undefined"].map((user) => revoke(user, before));
    const apply = [need("alice"), need("alice"), need("alice"), ...wishes, applied([["alice", "@0"]])];
    const ended = await fleet.up(plan, { devvm: { observation, apply, unwraps: true } });
    expect(codes(ended)["devvm apply"]).toBe(0);
    expect(await fleet.alive("alice")).toHaveLength(1);
    expect(await fleet.isAlive(before)).toBe(false);
    expect(ended.commands["devvm apply"]?.heard.match(/wrappedToken/g)).toHaveLength(1);
  });

  it("keeps none of those that it collected in runs that failed, once a run does not fail", async () => {
    const plan = fleet.plan({ devvm: ["alice"] });
    const silent = { ...fleet.healthy(plan, "devvm", {}), users: [userReport("alice", [], "missing")] };
    const failed = { event: "failed", problems: ["so be it"], result: null };
    for (let run = 1; run <= 2; run++) {
      const lies = { observation: silent, apply: [need("alice"), failed], unwraps: true };
      const ended = await fleet.up(plan, { devvm: lies });
      expect(ended.commands["devvm apply"]).toMatchObject({ code: 1 });
      expect(ended.commands["devvm apply"]?.said).toMatch(
        /devvm has received the token for alice \(accessor \S+\)/,
      );
    }
    // It claims all tokens that live, so that the sweep leaves them, and asks for one more.
    const claims = [...(await fleet.alive("alice"))];
    const observation = { ...silent, users: [userReport("alice", claims, "stale")], enrolled: ["alice"] };
    const last = await fleet.up(plan, {
      devvm: { observation, apply: [need("alice"), applied([["alice", "@0"]])], unwraps: true },
    });
    expect(codes(last)["devvm apply"]).toBe(0);
    expect(await fleet.alive("alice")).toHaveLength(1);
  });

  it("keeps no second token by asking for none, when it says that its token is to be replaced", async () => {
    const plan = fleet.plan({ devvm: ["alice"] });
    const [one, two, three] = [1, 2, 3].map(() => fleet.enrolled("alice", "devvm"));
    const claims = [(await one!).accessor, (await two!).accessor, (await three!).accessor];
    for (const health of ["stale", "missing", "unknown"] as const) {
      const observation = { ...fleet.healthy(plan, "devvm", {}), enrolled: ["alice"] };
      const lies = {
        observation: { ...observation, users: [userReport("alice", claims, health)] },
        apply: [applied([["alice", claims[0]!]])],
      };
      expect(codes(await fleet.up(plan, { devvm: lies }))["devvm apply"]).toBe(0);
      expect(await fleet.alive("alice"), health).toEqual([claims[0]]);
    }
  });

  it.each(["retire", "remove"] as const)("gets none in a %s", async (action) => {
    const plan = fleet.plan({ devvm: ["alice"] });
    const [workstation] = plan.workstations;
    const input = applyInput(
      plan,
      workstation!,
      hostPlan(plan, workstation!, { version: "1", sha256: "0".repeat(64) }),
    );
    const lies = { retire: [need("alice"), NOBODY_LEFT], apply: [need("alice"), NOBODY_LEFT], unwraps: true };
    const { heard } = await fleet.command(action, input, "", lies);
    expect(heard).toContain("tokens are minted by an apply");
    expect(await fleet.alive("alice")).toEqual([]);
  });

  it("gets none for a user whom the roster does not renew", async () => {
    const plan = fleet.plan({ devvm: ["alice", "guest"] }, {}, { guest: { renewal: false } });
    const observation = { ...fleet.healthy(plan, "devvm", {}), users: [userReport("alice", [], "missing")] };
    const apply = [
      need("guest"),
      applied([
        ["alice", "none"],
        ["guest", "@0"],
      ]),
    ];
    const ended = await fleet.up(plan, { devvm: { observation, apply, unwraps: true } });
    expect(ended.commands["devvm apply"]?.heard).toContain("the roster does not renew guest");
    expect(await fleet.alive("guest")).toEqual([]);
  });
});

describe("a host that reports", () => {
  it.each<
    [string, (alice: string, carol: string, bob: string) => readonly (readonly [string, string])[], RegExp]
  >([
    [
      "one accessor for all users",
      (a) => [
        ["alice", a],
        ["carol", a],
      ],
      /reports the token \S+ as carol's, but Vault says that it belongs to alice on devvm/,
    ],
    [
      "another host's token",
      (a, _, b) => [
        ["alice", a],
        ["carol", b],
      ],
      /as carol's, but Vault says that it belongs to bob on lab/,
    ],
    [
      "an invented token",
      (a) => [
        ["alice", a],
        ["carol", "invented"],
      ],
      /as carol's, but Vault says that no such token of this fleet lives/,
    ],
    [
      "no token",
      (a) => [
        ["alice", a],
        ["carol", ""],
      ],
      /as carol's, but Vault says/,
    ],
    [
      "a user twice",
      (a, c) => [
        ["alice", a],
        ["carol", c],
        ["carol", c],
      ],
      /reports the user carol more than once/,
    ],
    ["a user too few", (a) => [["alice", a]], /does not report carol/],
    [
      "a user of another host",
      (a, c, b) => [
        ["alice", a],
        ["carol", c],
        ["bob", b],
      ],
      /reports the user bob, whom the plan does not have there/,
    ],
  ])("fails the command of one that reports %s, which names it", async (_, users, said) => {
    const roster: Roster = { devvm: ["alice", "carol"], lab: ["bob"] };
    const plan = fleet.plan(roster);
    const [alice, carol, bob] = [
      await fleet.enrolled("alice", "devvm"),
      await fleet.enrolled("carol", "devvm"),
      await fleet.enrolled("bob", "lab"),
    ];
    const own = { alice: alice.accessor, carol: carol.accessor };
    // Something has to be applied there.
    const observation = { ...fleet.healthy(plan, "devvm", own), program: null };
    const apply = [applied(users(alice.accessor, carol.accessor, bob.accessor))];
    const ended = await fleet.up(plan, {
      devvm: { observation, apply, state: own },
      lab: honest(fleet, roster, "lab", { bob: bob.accessor }),
    });
    expect(ended.commands["devvm apply"]?.code).toBe(1);
    expect(ended.commands["devvm apply"]?.said).toMatch(said);
    expect(ended.commands["devvm apply"]?.said).toContain("devvm");
    for (const user of ["alice", "bob", "carol"]) expect(await fleet.alive(user), user).toHaveLength(1);
  });

  it("a good token that is not its user's is unknown, and keeps none of that user's tokens", async () => {
    const plan = fleet.plan(both);
    const [alice, bob] = [await fleet.enrolled("alice", "devvm"), await fleet.enrolled("bob", "lab")];
    const observation = fleet.healthy(plan, "devvm", { alice: bob.accessor });
    const { review } = await fleet.up(plan, {
      devvm: { observation, apply: [applied([["alice", alice.accessor]])] },
      lab: honest(fleet, both, "lab", { bob: bob.accessor }),
    });
    const [devvm, lab] = review?.workstations ?? [];
    expect(devvm?.unknown).toEqual([
      expect.stringMatching(/^workstation devvm: user alice: .* belongs to bob on lab$/),
    ]);
    expect(lab?.unknown).toEqual([]);
    expect(await fleet.isAlive(bob.accessor)).toBe(true);
  });

  it.each<[string, object]>([
    ["nothing that an apply reports", {}],
    [
      "a shape that is too large",
      {
        generation: 1,
        machineId: "1",
        users: Array(20_000).fill({ name: "a", accessor: null, token: "kept", awaitingLogin: true }),
      },
    ],
  ])("%s has no result that later runs would read", async (_, result) => {
    const plan = fleet.plan({ devvm: ["alice"] });
    const { accessor } = await fleet.enrolled("alice", "devvm");
    const observation = { ...fleet.healthy(plan, "devvm", { alice: accessor }), program: null };
    const ended = await fleet.up(plan, { devvm: { observation, apply: [{ event: "result", result }] } });
    expect(ended.commands["devvm apply"]).toMatchObject({
      code: 1,
      said: expect.stringMatching(/devvm: its answer does not have the agreed shape/),
    });
  });
});

describe("a user who has moved", () => {
  const moved: Roster = { devvm: ["carol"], lab: ["alice", "bob"] };

  async function scene(lies: (tokens: readonly string[], carol: string) => Lies, strayTokens = "look") {
    const plan = fleet.plan(moved, { strayTokens });
    const carol = await fleet.enrolled("carol", "devvm");
    const bob = await fleet.enrolled("bob", "lab");
    const old = [];
    for (let count = 0; count < 3; count++) old.push(await fleet.enrolled("alice", "devvm"));
    const accessors = old.map(({ accessor }) => accessor);
    const liar = {
      retire: [NOBODY_LEFT],
      apply: [applied([["carol", carol.accessor]])],
      ...lies(accessors, carol.accessor),
    };
    const labHost = {
      observation: fleet.healthy(plan, "lab", { bob: bob.accessor }),
      apply: [
        need("alice"),
        applied([
          ["alice", "@0"],
          ["bob", bob.accessor],
        ]),
      ],
      unwraps: true,
    };
    const users = [userReport("alice", [], "missing"), userReport("bob", [bob.accessor])];
    const ended = await fleet.up(plan, {
      devvm: liar,
      lab: { ...labHost, observation: { ...labHost.observation, users } },
    });
    return { ended, old, carol: carol.accessor, bob: bob.accessor };
  }

  const healthy = (tokens: Readonly<Record<string, string>>) =>
    fleet.healthy(fleet.plan(moved), "devvm", tokens);
  const claims = {
    "does not answer": () => ({}),
    "says that nobody but its own user is there": (_: readonly string[], carol: string) => ({
      observation: healthy({ carol }),
    }),
    "claims the accessors for another user": (tokens: readonly string[], carol: string) => ({
      observation: {
        ...healthy({ carol }),
        users: [userReport("carol", [carol, ...tokens])],
      },
      state: { carol, alice: tokens[0]! },
    }),
    "says that the user leaves, and revokes nothing": (tokens: readonly string[], carol: string) => ({
      observation: {
        ...healthy({ carol, alice: tokens[0]! }),
        users: [userReport("carol", [carol]), userReport("alice", tokens)],
      },
    }),
    "says so of one token, and cannot be reached then": (tokens: readonly string[], carol: string) => ({
      observation: healthy({ carol, alice: tokens[1]! }),
      retire: [],
    }),
  };

  it.each(Object.keys(claims) as (keyof typeof claims)[])(
    "has no token on the old host, which %s",
    async (what) => {
      const { old, carol, bob } = await scene(claims[what]);
      for (const { token } of old) {
        const read = await fleet.bao.ask(token, {
          method: "GET",
          path: "secret/data/workstation/claude-users/alice",
        });
        expect(read.status).toBe(403);
      }
      expect(await fleet.alive("alice")).toHaveLength(1);
      expect(await fleet.isAlive(carol)).toBe(true);
      expect(await fleet.isAlive(bob)).toBe(true);
    },
  );

  it("is named where the settings leave unowned tokens alone, and nothing is revoked", async () => {
    const { ended, old } = await scene(claims["says that nobody but its own user is there"], "leave");
    expect(ended.review?.unowned.warnings.join("\n")).toContain(old[0]!.accessor);
    expect(ended.review?.unowned.warnings).toHaveLength(3);
    for (const { accessor } of old) expect(await fleet.isAlive(accessor)).toBe(true);
  });
});

describe("a token of another owner", () => {
  it("is never revoked at a host's wish", async () => {
    const plan = fleet.plan(both, {}, {});
    const adopting = { ...plan, renewal: { ...plan.renewal, adopt: true } };
    const [alice, bob] = [await fleet.enrolled("alice", "devvm"), await fleet.enrolled("bob", "lab")];
    const meta = { fleet: "prod", user: "alice", host: "devvm" };
    const others = [
      bob,
      await fleet.other({ policies: ["default"] }),
      await fleet.other({ policies: ["default"], meta }),
      await fleet.other({ policies: ["default", "workstation-claude-bob"] }),
      await fleet.other({ policies: ["admin", "workstation-claude-alice"] }),
      await fleet.other({ policies: ["root"], meta }),
    ];
    const wishes = others.flatMap(({ accessor }) =>
      ["alice", "bob", "nobody", "role"].map((user) => revoke(user, accessor)),
    );
    const accessors = others.map(({ accessor }) => accessor);
    const observation = {
      ...fleet.healthy(plan, "devvm", { alice: alice.accessor }),
      program: null,
      users: [userReport("alice", [alice.accessor, ...accessors], "unknown")],
    };
    const state = Object.fromEntries(accessors.map((accessor, index) => [`user${index}`, accessor]));
    for (const wanted of [plan, adopting]) {
      const ended = await fleet.up(wanted, {
        devvm: { observation, apply: [...wishes, applied([["alice", alice.accessor]])], state },
        lab: honest(fleet, both, "lab", { bob: bob.accessor }),
      });
      expect(codes(ended)["devvm apply"]).toBe(0);
      for (const { accessor } of [alice, ...others]) expect(await fleet.isAlive(accessor)).toBe(true);
    }
  });

  it("is never the operator's own, which the drift of a command names", async () => {
    const plan = fleet.plan({ devvm: ["alice"] });
    const operator = await fleet.other({
      policies: ["root"],
      meta: { fleet: "prod", user: "alice", host: "devvm" },
    });
    const { accessor } = await fleet.enrolled("alice", "devvm");
    const [workstation] = plan.workstations;
    const input = applyInput(
      plan,
      workstation!,
      hostPlan(plan, workstation!, { version: "1", sha256: "0".repeat(64) }),
    );
    const drift = [operator.accessor, accessor]
      .map((named) => `token ${named}: created for alice`)
      .join("\n");
    const lies = { apply: [revoke("alice", operator.accessor), applied([["alice", accessor]])] };
    expect(await fleet.command("apply", input, drift, lies, operator.token)).toMatchObject({ code: 0 });
    expect(await fleet.isAlive(operator.accessor)).toBe(true);
    expect(await fleet.isAlive(accessor)).toBe(true);
  });

  it("dies with its parent, when a user's token could create it", async () => {
    const plan = fleet.plan({ devvm: ["alice"] });
    const parent = await fleet.enrolled("alice", "devvm");
    const current = await fleet.enrolled("alice", "devvm");
    const wide = `path "auth/token/create" { capabilities = ["update"] }`;
    await fleet.bao.root("POST", "sys/policies/acl/claude-prod-alice", { policy: wide });
    const body = { policies: ["claude-prod-alice"], meta: { fleet: "prod", user: "alice", host: "devvm" } };
    const made = await fleet.bao.ask(parent.token, { method: "POST", path: "auth/token/create", body });
    const { auth } = made.body as { auth: { accessor: string } };
    expect(await fleet.isAlive(auth.accessor)).toBe(true);
    await fleet.up(plan, {
      devvm: honest(fleet, { devvm: ["alice"] }, "devvm", { alice: current.accessor }),
    });
    expect(await fleet.alive("alice")).toEqual([current.accessor]);
    expect(await fleet.isAlive(auth.accessor)).toBe(false);
  });
});
