import { describe, expect, it } from "vitest";
import { PROTOCOL } from "../../../../contract/fields.ts";
import {
  workstationObservation,
  type UserObservation,
  type WorkstationObservation,
} from "../../../../contract/workstation.ts";
import { tokenFileObservation, type TokenFileObservation } from "../../../../contract/token-file.ts";
import { planDigest, planEntries, sha256 } from "../../../../plan/digests.ts";
import { workstationDrift } from "../../../../plan/drift/workstation.ts";
import { withoutCounter } from "../../../../plan/drift/apply-counter.ts";
import { hostPlan } from "../../../../plan/workstation/host-plan.ts";
import { changeLimitProblems } from "../../../../plan/change-limits.ts";
import { composeProblems, engineProblems, tokenDrift } from "../../../../plan/drift/token-host.ts";
import { DIGEST, load, ROSTER, STACK } from "../../../support/plan/fixtures.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";
import { COLLECT_TIMER } from "../../../../plan/units/names.ts";

const GUEST = "  guest: { workstation: devvm, email: g@example.com, renewal: false }\n";
const fleet = load({ roster: ROSTER + GUEST });
const plan = hostPlan(fleet, fleet.workstations[0]!, { version: "0.1.0", sha256: DIGEST });
const service = plan.files.find(({ path }) => path.endsWith("@.service"))!;

const user = (name: string, changes: Partial<UserObservation> = {}): UserObservation => ({
  name,
  exists: true,
  home: `/home/${name}`,
  timerEnabled: "enabled",
  timerActive: "active",
  pathEnabled: "enabled",
  pathActive: "active",
  paused: false,
  credential: "usable",
  awaitingLogin: false,
  token: { health: "good", detail: "", accessor: "acc", ttlSeconds: 2_000_000, mode: "0600" },
  accessors: ["acc"],
  claude: "/usr/bin/claude",
  dropIn: "same",
  ...changes,
});

const token = (health: UserObservation["token"]["health"], detail = "") => ({
  token: { health, detail, accessor: null, ttlSeconds: null, mode: null },
});

const off = {
  ...{ timerEnabled: null, timerActive: null, pathEnabled: null, pathActive: null },
  ...token("missing"),
};

/** A host that is as it should be, with changes. */
const seen = (changes: Partial<WorkstationObservation> = {}): WorkstationObservation =>
  workstationObservation.parse({
    protocol: PROTOCOL,
    machineId: "0".repeat(32),
    missing: [],
    conflicts: [],
    program: { version: "0.1.0", sha256: DIGEST },
    plan: planDigest(plan),
    generation: 3,
    mark: "0a1b2c3d",
    files: plan.files.map(({ path, mode, content }) => ({
      ...{ path, mode, sha256: sha256(content), foreign: false, applied: true },
    })),
    units: [{ name: COLLECT_TIMER, enabled: "enabled", active: "active" }],
    enrolled: ["alice"],
    strays: [],
    users: [user("alice"), user("guest", off)],
    ...changes,
  });

const files = (changes: object) =>
  seen().files.map((file) => (file.path === service.path ? { ...file, ...changes } : file));

describe("a workstation", () => {
  it("that is as it should be has no drift", () => {
    expect(workstationDrift(plan, seen())).toEqual({ apply: [], unenrol: [], unknown: [], missing: [] });
  });

  it("that does not answer is unknown, and nothing else", () => {
    expect(workstationDrift(plan, "unreachable")).toEqual({
      apply: [],
      unenrol: [],
      unknown: ["workstation devvm: it does not answer"],
      missing: [],
    });
  });

  it("where nothing has been applied says so in one line", () => {
    const fresh = seen({ generation: 0, program: null, files: [], enrolled: [], users: [] });
    expect(workstationDrift(plan, fresh).apply).toEqual([
      "workstation devvm: nothing has been applied here (apply 0, 0a1b2c3d)",
    ]);
  });

  it("without Node says what an apply does about it, on a fresh host as on one that has lost it", () => {
    const fresh = seen({ generation: 0, program: null, node: "own", files: [], enrolled: [], users: [] });
    const end = "there is no Node 20 or newer, so the program comes with its own";
    expect(workstationDrift(plan, fresh).apply).toEqual([
      `workstation devvm: nothing has been applied here; ${end} (apply 0, 0a1b2c3d)`,
    ]);
    expect(workstationDrift(plan, seen({ program: null, node: "own" })).apply).toEqual([
      `program: is missing or altered; ${end} (apply 3, 0a1b2c3d)`,
    ]);
    expect(workstationDrift(plan, seen({ node: "own" })).apply).toEqual([]);
  });

  it.each([
    [true, "is taken over"],
    [false, "keeps the apply from beginning until `adopt: true` is set"],
  ])("where something of somebody else's lies says what becomes of it when adopt is %s", (adopt, end) => {
    const wanted = { ...plan, renewal: { ...plan.renewal, adopt } };
    const fresh = seen({ generation: 0, files: files({ foreign: true }), enrolled: [] });
    expect(workstationDrift(wanted, fresh).apply).toEqual([
      "workstation devvm: nothing has been applied here (apply 0, 0a1b2c3d)",
      `file ${service.path}: is not claude-fleet's, and ${end} (apply 0, 0a1b2c3d)`,
    ]);
  });

  it.each<[string, Partial<WorkstationObservation>, string[]]>([
    [
      "an edited unit",
      { files: files({ sha256: "a".repeat(64), applied: false }) },
      [`file ${service.path}: has been edited, is aaaaaaaaaaaa (apply 3, 0a1b2c3d)`],
    ],
    [
      "a unit of an earlier plan",
      { files: files({ sha256: "a".repeat(64) }) },
      [
        `file ${service.path}: is as the last apply has left it, and is to become another (apply 3, 0a1b2c3d)`,
      ],
    ],
    [
      "a missing unit",
      { files: files({ sha256: null, mode: null }) },
      [`file ${service.path}: is missing (apply 3, 0a1b2c3d)`],
    ],
    [
      "a unit's mode",
      { files: files({ mode: "0666" }) },
      [`file ${service.path}: has the mode 0666 instead of 0644 (apply 3, 0a1b2c3d)`],
    ],
    [
      "no record of what was applied",
      { plan: null },
      ["record: the applied plan is missing or damaged (apply 3, 0a1b2c3d)"],
    ],
    [
      "another plan on record",
      { plan: DIGEST },
      ["record: is of another plan than this one (apply 3, 0a1b2c3d)"],
    ],
    ["no program", { program: null }, ["program: is missing or altered (apply 3, 0a1b2c3d)"]],
    [
      "another program",
      { program: { version: "0.0.9", sha256: "b".repeat(64) } },
      ["program: is 0.0.9 bbbbbbbbbbbb instead of 0.1.0 000000000000 (apply 3, 0a1b2c3d)"],
    ],
    [
      "a dead token",
      { users: [user("alice", token("refused")), user("guest", off)] },
      ["user alice: Vault refuses the Vault token (apply 3, 0a1b2c3d)"],
    ],
    [
      "no token",
      { users: [user("alice", token("missing")), user("guest", off)] },
      ["user alice: there is no Vault token (apply 3, 0a1b2c3d)"],
    ],
    [
      "another's token",
      { users: [user("alice", token("wrong", "it is bob's\u001b[2J")), user("guest", off)] },
      ["user alice: the Vault token is a wrong one: it is bob's\\u001b[2J (apply 3, 0a1b2c3d)"],
    ],
    [
      "a token that is to be replaced",
      { users: [user("alice", token("stale", "it is older than 30d")), user("guest", off)] },
      [
        "user alice: the Vault token is to be replaced by a new one: it is older than 30d (apply 3, 0a1b2c3d)",
      ],
    ],
    [
      "a token open to others",
      { users: [user("alice", { token: { ...user("alice").token, mode: "0644" } }), user("guest", off)] },
      ["user alice: the Vault token's file has the mode 0644 instead of 0600 (apply 3, 0a1b2c3d)"],
    ],
    [
      "a token that nobody renews",
      {
        users: [user("alice", { token: { ...user("alice").token, ttlSeconds: 3600 } }), user("guest", off)],
      },
      ["user alice: the Vault token ends within 16 days: nobody has renewed it (apply 3, 0a1b2c3d)"],
    ],
    [
      "a user whom it does not renew yet",
      { enrolled: [], users: [user("alice", off), user("guest", off)] },
      ["user alice: is in the roster, and not renewed here yet (apply 3, 0a1b2c3d)"],
    ],
    [
      "a disabled timer",
      { users: [user("alice", { timerEnabled: "disabled" }), user("guest", off)] },
      ["user alice: the timer is disabled instead of enabled (apply 3, 0a1b2c3d)"],
    ],
    [
      "a stopped timer",
      { users: [user("alice", { timerActive: "inactive" }), user("guest", off)] },
      ["user alice: the timer is inactive instead of active (apply 3, 0a1b2c3d)"],
    ],
    [
      "a path unit that failed",
      { users: [user("alice", { pathActive: "failed" }), user("guest", off)] },
      ["user alice: the path unit is failed instead of active (apply 3, 0a1b2c3d)"],
    ],
    [
      "no path unit",
      { users: [user("alice", { pathEnabled: null, pathActive: null }), user("guest", off)] },
      ["user alice: there is no path unit (apply 3, 0a1b2c3d)"],
    ],
    [
      "a disabled timer of the host",
      { units: [{ name: COLLECT_TIMER, enabled: "disabled", active: "inactive" }] },
      ["unit claude-fleet-collect.timer: the unit is disabled instead of enabled (apply 3, 0a1b2c3d)"],
    ],
    [
      "a paused user",
      {
        users: [
          user("alice", { paused: true, timerEnabled: "disabled", pathEnabled: "disabled" }),
          user("guest", off),
        ],
      },
      [],
    ],
    [
      "no account",
      { users: [user("alice", { exists: false }), user("guest", off)] },
      ["user alice: has no account on the host (apply 3, 0a1b2c3d)"],
    ],
    [
      "a drop-in of an earlier plan",
      { users: [user("alice", { dropIn: "applied" }), user("guest", off)] },
      [
        "user alice: a drop-in of the units is as the last apply has left it, and is to become another (apply 3, 0a1b2c3d)",
      ],
    ],
    [
      "an edited drop-in",
      { users: [user("alice", { dropIn: "different" }), user("guest", off)] },
      ["user alice: a drop-in of the units has been edited (apply 3, 0a1b2c3d)"],
    ],
  ])("with %s", (_, changes, expected) => {
    expect(workstationDrift(plan, seen(changes))).toEqual({
      apply: expected,
      unenrol: [],
      unknown: [],
      missing: [],
    });
  });

  describe("whose tokens are bound to networks", () => {
    const bound = { ...plan, vault: { ...plan.vault, tokenBoundCidrs: ["10.0.0.0/8", "2001:db8::/32"] } };
    const missing = (vaultSource: string | null, wanted: HostPlan = bound) =>
      workstationDrift(wanted, seen({ vaultSource, plan: planDigest(wanted) })).missing;

    it.each(["192.0.2.7", "::1"])(
      "warns when it reaches Vault from outside of them, as from %s",
      (address) => {
        expect(missing(address)).toEqual([
          `workstation devvm: its requests to Vault leave it from ${address}, which is in none of claude-fleet:vault.tokenBoundCidrs (10.0.0.0/8, 2001:db8::/32); unless Vault sees another address, no new token works there, and its users keep those that they have. Add the address, or correct the networks.`,
        ]);
      },
    );

    it.each(["10.9.9.9", "::ffff:10.9.9.9", "2001:db8:1::7", null])("says nothing of %s", (address) => {
      expect(missing(address)).toEqual([]);
    });

    it("says nothing where nobody is renewed, or nothing is bound", () => {
      expect(missing("192.0.2.7", plan)).toEqual([]);
      const users = bound.users.filter(({ renewal }) => !renewal);
      expect(missing("192.0.2.7", { ...bound, users })).toEqual([]);
    });

    it("does not show what only a host could have made up", () => {
      expect(missing("\u001b[2J")[0]).toContain("leave it from \\u001b[2J, which");
    });
  });

  it("whose Vault is away is unknown, and not in need of repair", () => {
    const found = workstationDrift(
      plan,
      seen({ users: [user("alice", token("unknown", "sealed")), user("guest", off)] }),
    );
    expect(found).toMatchObject({
      apply: [],
      unknown: ["user alice: the Vault token could not be judged: sealed"],
    });
  });

  it("that keeps silent about a file or a user is unknown", () => {
    const found = workstationDrift(plan, seen({ files: [], users: [] }));
    expect(found.apply).toEqual([]);
    expect(found.unknown).toHaveLength(plan.files.length + 1);
  });

  it.each<[string, Partial<WorkstationObservation>, string[]]>([
    [
      "a removed user",
      { enrolled: ["alice", "bob"] },
      ["user bob: is renewed here, though no longer in the roster (apply 3, 0a1b2c3d)"],
    ],
    [
      "a user whom no roster has",
      { strays: ["zoe"] },
      ["user zoe: has a timer or path unit here, and is in no roster (apply 3, 0a1b2c3d)"],
    ],
  ])("retires %s", (_, changes, expected) => {
    expect(workstationDrift(plan, seen(changes))).toMatchObject({ apply: [], unenrol: expected });
  });

  it.each<[string, Partial<WorkstationObservation>, string[]]>([
    [
      "a user not renewed any more",
      { enrolled: ["alice", "guest"] },
      ["user guest: is renewed here, though the roster says not (apply 3, 0a1b2c3d)"],
    ],
    [
      "what one has who is not renewed",
      { users: [user("alice"), user("guest")] },
      [
        "user guest: has a Vault token, though not renewed (apply 3, 0a1b2c3d)",
        "user guest: has a timer, though not renewed (apply 3, 0a1b2c3d)",
        "user guest: has a path unit, though not renewed (apply 3, 0a1b2c3d)",
      ],
    ],
    [
      "a timer that runs, though not enabled, of one who is not renewed",
      { users: [user("alice"), user("guest", { ...off, timerEnabled: "disabled", timerActive: "active" })] },
      ["user guest: has a timer, though not renewed (apply 3, 0a1b2c3d)"],
    ],
  ])("takes away %s, which only an apply does", (_, changes, expected) => {
    expect(workstationDrift(plan, seen(changes))).toMatchObject({ apply: expected, unenrol: [] });
  });

  it("renames a user whom it knows by the former name, and neither retires nor enrols anybody", () => {
    const roster = ROSTER.replace("  alice:", "  alice.smith:\n    formerly: alice");
    const renamed = load({ roster: roster + GUEST });
    const wanted = hostPlan(renamed, renamed.workstations[0]!, plan.program);
    const files = wanted.files.map(({ path, mode, content }) => ({
      ...{ path, mode, sha256: sha256(content), foreign: false, applied: true },
    }));
    const users = [user("alice.smith"), user("guest", off)];
    const found = seen({ plan: planDigest(wanted), files, users });
    expect(workstationDrift(wanted, found)).toEqual({
      apply: ["user alice.smith: is still renewed here as alice (apply 3, 0a1b2c3d)"],
      unenrol: [],
      unknown: [],
      missing: [],
    });
    expect(changeLimitProblems([{ plan: wanted, observation: found }], 0)).toEqual([]);
  });

  it.each([
    ["after a repair", { generation: 4 }],
    ["on a host that was made anew, or put back", { mark: "4e5f6a7b" }],
  ])("says the same thing in another note %s", (_, changes) => {
    const noted = (more: object) => workstationDrift(plan, seen({ program: null, ...more })).apply.join();
    expect(noted({})).toBe(noted({}));
    expect(noted(changes)).not.toBe(noted({}));
    expect(withoutCounter(noted(changes))).toBe(withoutCounter(noted({})));
  });

  it("passes on what the host lacks", () => {
    const found = workstationDrift(plan, seen({ missing: ["Node is too old."] }));
    expect(found.missing).toEqual(["workstation devvm: Node is too old."]);
  });
});

describe("a command's entries", () => {
  it("name every user and file, and change with just the one that changes", () => {
    const entries = planEntries(plan);
    expect(Object.keys(entries)).toEqual([
      "program",
      "vault",
      "renewal",
      ...plan.files.map(({ path }) => `file ${path}`),
      "user alice",
      "user guest",
    ]);
    const other = {
      ...plan,
      users: plan.users.map((entry) =>
        entry.name === "guest" ? { ...entry, email: "x@example.com" } : entry,
      ),
    };
    const changed = Object.entries(planEntries(other)).filter(([key, value]) => entries[key] !== value);
    expect(changed.map(([key]) => key)).toEqual(["user guest"]);
  });
});

describe("limits", () => {
  const crowd = (names: readonly string[]) => ({
    ...plan,
    users: names.map((name) => ({ ...plan.users[0]!, name })),
  });
  const many = Array.from({ length: 30 }, (_, index) => `user${String(index).padStart(2, "0")}`);

  it("let a small change through", () => {
    expect(changeLimitProblems([{ plan, observation: seen({ enrolled: ["bob"] }) }], 2)).toEqual([]);
  });

  it("stop a large one, naming the setting to raise", () => {
    expect(
      changeLimitProblems([{ plan: crowd(many), observation: seen({ enrolled: ["bob"] }) }], 25),
    ).toEqual([
      "This would enrol 30 users (user00, user01, user02, user03, user04, …) and retire 1 user (bob), more than the 25 changes that claude-fleet:renewal.maxChangesPerUp allows at once. If it is meant, raise that setting to 31; if not, restore the roster.",
    ]);
  });

  it("count over all hosts", () => {
    const answers = ["bob", "carol"].map((name) => ({
      plan,
      observation: seen({ enrolled: ["alice", name] }),
    }));
    expect(changeLimitProblems(answers, 1)).toHaveLength(1);
    expect(changeLimitProblems(answers, 2)).toEqual([]);
  });

  it("let a host's first apply enrol whom it will", () => {
    const fresh = seen({ generation: 0, enrolled: [] });
    expect(changeLimitProblems([{ plan: crowd(many), observation: fresh }], 0)).toEqual([]);
  });

  it("refuse an emptied roster whatever they are", () => {
    const answers = [{ plan: crowd([]), observation: seen({ enrolled: ["alice"] }) }];
    expect(changeLimitProblems(answers, 1000)[0]).toMatch(
      /^The roster names no user, but 1 user \(alice\).*pulumi destroy/,
    );
    expect(changeLimitProblems([{ plan: crowd([]), observation: seen({ enrolled: [] }) }], 0)).toEqual([]);
  });

  it("refuse an emptied roster also while nobody knows whom the host renews", () => {
    expect(changeLimitProblems([{ plan: crowd([]), observation: undefined }], 1000)[0]).toMatch(
      /^The roster names no user, and whom devvm renews is unknown\..*pulumi destroy/,
    );
  });

  it("do not take a roster for empty whose only host with users is silent", () => {
    const answers = [
      { plan, observation: undefined },
      { plan: crowd([]), observation: seen({ enrolled: ["bob"] }) },
    ];
    expect(changeLimitProblems(answers, 1)).toEqual([]);
  });
});

describe("a token", () => {
  const [tokenPlan] = fleet.tokens;
  const NEW = "c".repeat(64);
  const found = (changes: Partial<TokenFileObservation> = {}): TokenFileObservation =>
    tokenFileObservation.parse({
      protocol: PROTOCOL,
      missing: [],
      type: "file",
      sha256: NEW,
      mode: "0600",
      uid: 1000,
      size: 200,
      mtimeMs: 1,
      expiresAtMs: null,
      kind: "setup-token",
      complaints: [],
      copies: [`${NEW}.1000`],
      spoiled: [],
      generation: 2,
      mark: "0a1b2c3d",
      passed: [NEW],
      containers: [
        {
          ...{ name: "one-container", sha256: NEW, running: true, readOnly: true },
          source: `/srv/claude/auth.d/${NEW}.1000.json`,
        },
      ],
      composeServices: null,
      ...changes,
    });
  const container = (changes: object) => ({ containers: [{ ...found().containers![0]!, ...changes }] });

  it.each<[string, Partial<TokenFileObservation>, object]>([
    ["as it should be", {}, {}],
    [
      "not rolled out yet",
      { generation: 0, copies: [], containers: [] },
      {
        gate: ["token platform: the gate has passed no file here (gate 0, 0a1b2c3d)"],
        announced:
          "token platform: /srv/claude/auth.json goes from no token to cccccccccccc (setup-token, mode 0600, owner 1000, written 1970-01-01T00:00:00.001Z); once the gate has passed it these follow, one at a time: one",
      },
    ],
    [
      "with a lagging container",
      container({ sha256: "d".repeat(64) }),
      {
        gate: [
          "container one-container: has the token dddddddddddd instead of cccccccccccc (gate 2, 0a1b2c3d)",
        ],
        announced:
          "token platform: /srv/claude/auth.json goes from dddddddddddd to cccccccccccc (setup-token, mode 0600, owner 1000, written 1970-01-01T00:00:00.001Z); once the gate has passed it these follow, one at a time: one",
      },
    ],
    [
      "with a stopped container",
      container({ running: false }),
      { gate: ["container one-container: does not run (gate 2, 0a1b2c3d)"] },
    ],
    [
      "with a missing container",
      { containers: [] },
      {
        gate: ["container one-container: is missing (gate 2, 0a1b2c3d)"],
        announced:
          "token platform: /srv/claude/auth.json goes from no token to cccccccccccc (setup-token, mode 0600, owner 1000, written 1970-01-01T00:00:00.001Z); once the gate has passed it these follow, one at a time: one",
      },
    ],
    [
      "with a container of somebody else's",
      container({ sha256: "", source: "/srv/claude/auth.json" }),
      {
        gate: ["container one-container: was not made by this rollout (gate 2, 0a1b2c3d)"],
        announced:
          "token platform: /srv/claude/auth.json goes from no token to cccccccccccc (setup-token, mode 0600, owner 1000, written 1970-01-01T00:00:00.001Z); once the gate has passed it these follow, one at a time: one",
      },
    ],
    [
      "with a container that mounts the candidate itself",
      container({ source: "/srv/claude/auth.json" }),
      {
        gate: [
          "container one-container: mounts /srv/claude/auth.json instead of the gate's copy (gate 2, 0a1b2c3d)",
        ],
      },
    ],
    [
      "with a container that may write the token",
      container({ readOnly: false }),
      {
        gate: [
          "container one-container: could write the gate's copy: its mount is not read-only (gate 2, 0a1b2c3d)",
        ],
      },
    ],
    [
      "with a missing copy",
      { copies: [] },
      { gate: ["copy cccccccccccc for user 1000: is missing (gate 2, 0a1b2c3d)"] },
    ],
    [
      "with a copy that is not as the gate left it",
      { spoiled: [{ copy: `${NEW}.1000`, why: "has been edited" }] },
      { gate: ["copy cccccccccccc for user 1000: has been edited (gate 2, 0a1b2c3d)"] },
    ],
    [
      "with a former file's copy that is not",
      { spoiled: [{ copy: `${"d".repeat(64)}.1000`, why: "has been edited" }] },
      {},
    ],
    [
      "whose engine is away",
      { containers: null },
      { unknown: ["token platform: the container engine does not answer"] },
    ],
    [
      "that the host complains of",
      { type: "missing", sha256: null, mode: null, kind: null, complaints: ["auth.json is missing."] },
      {
        gate: ["token platform: auth.json is missing. (gate 2, 0a1b2c3d)"],
        refused: ["token platform: auth.json is missing."],
      },
    ],
    [
      "that the host complains of before a gate has passed any",
      { generation: 0, type: "missing", sha256: null, kind: null, complaints: ["auth.json is missing."] },
      {
        gate: ["token platform: auth.json is missing. (gate 0, 0a1b2c3d)"],
        refused: ["token platform: auth.json is missing."],
      },
    ],
  ])("%s", (_, changes, expected) => {
    const { containers: notes, ...drift } = tokenDrift(tokenPlan!, found(changes));
    if (changes.generation !== 0) expect(drift.gate).toEqual(expect.arrayContaining([...notes.values()]));
    expect(drift).toEqual({
      gate: [],
      unknown: [],
      refused: [],
      announced: undefined,
      missing: [],
      ...expected,
    });
  });

  it("whose services a compose file does not have names them", () => {
    const stack = STACK.replace(
      "      services:",
      "      driver: { compose: { file: compose.yml, directory: /opt/app } }\n      services:",
    ).replace('image: "app:1", ', "");
    const [composed] = load({ stack }).tokens;
    const problems = (composeServices: string[] | null) =>
      composeProblems(composed!, found({ composeServices }));
    expect(problems(["one", "two"])).toEqual([]);
    expect(problems(null)).toEqual([]);
    expect(problems(["two"])).toEqual([
      "claude-fleet:tokens.platform: /opt/app/compose.yml has no service one; it has two.",
    ]);
  });

  it("whose host does not answer is unknown", () => {
    expect(tokenDrift(tokenPlan!, "unreachable")).toMatchObject({
      gate: [],
      unknown: ["token platform: its host does not answer"],
    });
  });
});

describe("an engine that does not answer", () => {
  const silent = { containers: null, missing: ["The container engine did not answer: no socket."] };
  const here = {
    name: "platform",
    driver: { kind: "docker", containers: [] },
    address: { kind: "local", become: [] },
  } as const;
  const there = { kind: "ssh", destination: "deploy@vps", become: [] } as const;

  it("on this machine stops everything before its address could go into the state", () => {
    expect(engineProblems(here, silent)).toEqual([
      "token platform: The container engine did not answer: no socket. What it runs is unknown; start it, or correct DOCKER_HOST, and run this again.",
    ]);
  });

  it("stops nobody where it answers, is reached by an address of the settings, or is compose's", () => {
    expect(engineProblems(here, { containers: [], missing: [] })).toEqual([]);
    expect(engineProblems({ ...here, address: there }, silent)).toEqual([]);
    const driver = { kind: "compose", file: "compose.yml", directory: "/opt", recreate: undefined } as const;
    expect(engineProblems({ ...here, driver }, silent)).toEqual([]);
  });
});
