import { existsSync } from "node:fs";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { hostPlan } from "../../../plan/workstation/host-plan.ts";
import { PlanError } from "../../../plan/load.ts";
import type { FleetPlan } from "../../../plan/model.ts";
import { userPolicy } from "../../../plan/vault/user-policy.ts";
import { rosterData } from "../../support/plan/arbitrary.ts";
import { DIGEST, load, ROSTER, STACK } from "../../support/plan/fixtures.ts";
import {
  AGENT,
  ASSERT_SERVICE,
  ASSERT_TIMER,
  COLLECT_SERVICE,
  COLLECT_TIMER,
  HOST_PROGRAM,
  userBackup,
  userPath,
  userRecheck,
  userService,
  userTimer,
} from "../../../plan/units/names.ts";
import { userDropIns } from "../../../plan/units/user-drop-ins.ts";

const PROGRAM = { version: "0.1.0", sha256: DIGEST };

/** The rules of a policy, read back: comments, and blocks of one path and its capabilities; anything else throws. */
function parsePolicy(text: string): { path: string; capabilities: string[] }[] {
  const rules: { path: string; capabilities: string[] }[] = [];
  const block = /# [A-Z][^\n]*\.\npath ("(?:[^"\\]|\\.)*") \{\n {2}capabilities = (\[[^\]\n]*\])\n\}\n\n?/y;
  while (block.lastIndex < text.length) {
    const match = block.exec(text);
    if (!match) throw new Error(`This is no policy from here on: ${text.slice(block.lastIndex)}`);
    const [path, capabilities] = match.slice(1).map((part) => JSON.parse(part) as unknown);
    rules.push({ path: path as string, capabilities: capabilities as string[] });
  }
  return rules;
}

const allUsers = (plan: FleetPlan) => plan.workstations.flatMap(({ users }) => users);

/** The same data with its keys in another order, all the way down. */
function shuffled(value: unknown, turn: number): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, entry]) => [key, shuffled(entry, turn)] as const);
  const cut = entries.length === 0 ? 0 : turn % entries.length;
  return Object.fromEntries([...entries.slice(cut), ...entries.slice(0, cut)].reverse());
}

/** Whether nothing in the value can be changed. */
function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}

describe("any accepted roster", () => {
  it("gives each user a policy for that user alone", () => {
    fc.assert(
      fc.property(rosterData, (data) => {
        const users = allUsers(load({ roster: JSON.stringify(data) }));
        expect(users.map(({ name }) => name).sort()).toEqual(Object.keys(data.users).sort());
        expect(new Set(users.map(({ policy }) => policy)).size).toBe(users.length);
        for (const user of users) {
          expect(user.policy).toBe(user.policy.toLowerCase().trim());
          expect(parsePolicy(userPolicy(user))).toEqual([
            {
              path: `secret/data/workstation/claude-users/${user.name}`,
              capabilities: ["create", "read", "update"],
            },
            { path: `secret/metadata/workstation/claude-users/${user.name}`, capabilities: ["read"] },
            { path: "auth/token/lookup-self", capabilities: ["read"] },
            { path: "auth/token/renew-self", capabilities: ["update"] },
          ]);
        }
      }),
    );
  });

  it("gives a plan that is frozen, sorted, and independent of the order of keys", () => {
    fc.assert(
      fc.property(rosterData, fc.nat(20), (data, turn) => {
        const plan = load({ roster: JSON.stringify(data) });
        expect(isDeepFrozen(plan)).toBe(true);
        for (const names of [plan.workstations, ...plan.workstations.map(({ users }) => users)]) {
          const list = names.map(({ name }) => name);
          expect(list).toEqual([...list].sort());
        }
        expect(load({ roster: JSON.stringify(shuffled(data, turn)) })).toEqual(plan);
        for (const workstation of plan.workstations) {
          const paths = hostPlan(plan, workstation, PROGRAM).files.map(({ path }) => path);
          expect(paths).toEqual([...new Set(paths)].sort());
        }
      }),
    );
  });
});

describe("units", () => {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  /** What systemd says about the units in a folder; nothing when it has nothing against them. */
  function verify(folder: string, units: readonly string[]): string {
    const { error, stdout, stderr, status } = spawnSync("systemd-analyze", ["verify", "--man=no", ...units], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
    });
    if (error)
      throw new Error(`systemd-analyze cannot be run; install it with: apt-get install systemd`, {
        cause: error,
      });
    return `${stdout}${stderr}${status === 0 ? "" : `exit code ${status}`}`;
  }

  async function writeUnits(files: readonly { path: string; content: string }[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "units-"));
    folders.push(folder);
    for (const { path, content } of files) {
      const place = join(folder, path.replace("/etc/systemd/system/", ""));
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, content.replaceAll(AGENT, "/bin/true").replaceAll(HOST_PROGRAM, "/bin/true"));
    }
    return folder;
  }

  it("of any accepted roster are accepted by systemd without a warning", { timeout: 60_000 }, async () => {
    // One call for the users of many rosters: systemd's start costs more than its reading.
    const rosters = fc.sample(rosterData, 40);
    const users = new Set<string>(["john.doe", "anca_elena98", "a-b"]);
    const files = new Map<string, string>();
    for (const [index, data] of rosters.entries()) {
      for (const name of index === 0 ? [...users] : []) {
        data.users[name] = {
          workstation: Object.keys(data.workstations)[0]!,
          email: "a@example.com",
          renewal: true,
        };
      }
      const every = ["30s", "10m", "1h", "6h", "24h"][index % 5]!;
      const stack = `${STACK}  claude-fleet:renewal: { every: ${every}, spread: ${every} }\n`;
      const plan = load({ stack, roster: JSON.stringify(data) });
      for (const workstation of plan.workstations) {
        const wanted = hostPlan(plan, workstation, PROGRAM);
        for (const { path, content } of wanted.files) files.set(path, content);
        for (const user of wanted.users.filter(({ renewal }) => renewal)) {
          users.add(user.name);
          const home = `/srv/homes 100% "all"/${user.name}`;
          const account = { user: user.name, uid: 1000 + users.size, home, claude: user.claude };
          const facts = { ...account, fleet: plan.fleet, claudeWaitSeconds: 900, backupRetrySeconds: 300 };
          for (const { path, content } of userDropIns(facts)) files.set(path, content);
        }
      }
    }
    expect(users.size).toBeGreaterThan(40);
    const folder = await writeUnits([...files].map(([path, content]) => ({ path, content })));
    const own = [userService, userTimer, userPath, userBackup, userRecheck];
    const units = ["", ...users].flatMap((name) => own.map((unit) => unit(name)));
    const all = [...units, ASSERT_SERVICE, ASSERT_TIMER, COLLECT_SERVICE, COLLECT_TIMER].map(
      (unit) => `./${unit}`,
    );
    expect(verify(folder, all)).toBe("");
  });

  it("are refused by systemd when they are wrong", async () => {
    const plan = load();
    const { files } = hostPlan(plan, plan.workstations[0]!, PROGRAM);
    const folder = await writeUnits(
      files.map(({ path, content }) => ({
        path,
        content:
          basename(path) === "10-claude-fleet.conf"
            ? content.replace("AccuracySec=", "AcuracySec=")
            : content,
      })),
    );
    expect(existsSync(join(folder, `${userTimer("alice")}.d`))).toBe(true);
    expect(verify(folder, [`./${userTimer("alice")}`])).toContain("AcuracySec");
  });

  // In tenths: up to 1.0 systemd calls a service "SAFE", up to 2.0 "OK".
  it.each([
    [userService("alice"), 14],
    [userBackup("alice"), 14],
    [userRecheck("alice"), 14],
    [COLLECT_SERVICE, 20],
    [ASSERT_SERVICE, 30],
  ])("give %s few rights", async (unit, threshold) => {
    const plan = load();
    const { files } = hostPlan(plan, plan.workstations[0]!, PROGRAM);
    const account = { user: "alice", uid: 1000, home: "/home/alice", claude: undefined };
    const dropIns = userDropIns({
      ...account,
      fleet: plan.fleet,
      claudeWaitSeconds: 900,
      backupRetrySeconds: 300,
    });
    const folder = await writeUnits([...files, ...dropIns]);
    const { status, stdout } = spawnSync(
      "systemd-analyze",
      ["security", "--offline=true", `--threshold=${threshold}`, `./${unit}`],
      { cwd: folder, encoding: "utf8" },
    );
    expect(stdout).toContain("Overall exposure level");
    expect(status, stdout).toBe(0);
  });
});

describe("mutated text", () => {
  const pieces = [
    "'",
    '"',
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "&a ",
    "*a",
    "!!x ",
    "|",
    ">",
    "\t",
    "\n",
    "? ",
    "#",
    "<<: ",
    "\u0000",
    "é",
    "---\n",
    "%",
  ];
  const mutation = fc.tuple(
    fc.nat(),
    fc.nat(6),
    fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })),
  );
  const mutate = (text: string, changes: readonly (readonly [number, number, string])[]) =>
    changes.reduce((current, [where, length, piece]) => {
      const at = where % (current.length + 1);
      return current.slice(0, at) + piece + current.slice(at + length);
    }, text);

  it("gives a plan or problems, and never another error", { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 8 }), (changes) => {
        const roster = mutate(ROSTER, changes);
        try {
          expect(
            isDeepFrozen(
              load({ roster, settingsSource: { file: "Pulumi.test.yaml", text: mutate(STACK, changes) } }),
            ),
          ).toBe(true);
        } catch (error) {
          if (!(error instanceof PlanError)) throw error;
          expect(error.problems.length).toBeGreaterThan(0);
          for (const line of error.message.split("\n"))
            expect(line).toMatch(/^(roster|Pulumi\.test)\.yaml(:\d+:\d+)? {2}.*[.?]$/u);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("gives a plan or problems for any settings", () => {
    const settings = fc.dictionary(
      fc.constantFrom("fleet", "vault", "renewal", "tokens", "ssh", "plugins", "roster", "x-a", "odd"),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(settings, (values) => {
        expect(() => load({ settings: values })).toThrow(PlanError);
      }),
      { numRuns: 150 },
    );
  });
});
