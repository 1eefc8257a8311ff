/** The metrics of a workstation in a folder. No status that a user writes changes the metrics of another user. */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { apply } from "../../../../host/workstation/apply.ts";
import { collect } from "../../../../host/metrics/collect.ts";
import { workstationStatus } from "../../../../contract/user-run.ts";
import { removeFleet } from "../../../../host/workstation/remove-fleet.ts";
import { handle } from "../../../../host/handlers.ts";
import { fakeHost, fakeSession, fakePlan, type FakeHost } from "../../../support/fakes/fake-host.ts";
import { FakeVault } from "../../../support/fakes/fake-vault.ts";
import { agentStatusWith, RAN_AT } from "../../../support/fakes/status.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";

const NOW = new Date(RAN_AT + 60_000);

let vault: FakeVault;
let host: FakeHost;
let plan: HostPlan;

beforeEach(async () => {
  vault = await new FakeVault().start();
  host = await fakeHost("alice", "bob");
  plan = fakePlan(vault, ["alice", "bob", "carol!"]);
  await apply(host.system, plan, fakeSession(vault).session);
  for (const user of ["alice", "bob"]) await writeStatus(user, agentStatusWith());
});
afterEach(() => vault.close());

const place = (user: string) => join(host.home(user), ".local/state/claude-auth-sync/status.json");
const textfilePath = () => join(host.root, "var/lib/claude-fleet/metrics/claude_fleet.prom");

async function writeStatus(user: string, status: unknown): Promise<void> {
  await mkdir(dirname(place(user)), { recursive: true });
  await writeFile(place(user), typeof status === "string" ? status : JSON.stringify(status));
  own(user);
}

/** Gives everything below a home to its user, links included. */
function own(user: string): void {
  execFileSync("chown", ["-R", "-h", `${host.uid(user)}`, host.home(user)]);
}

/** Collects, and returns the lines of the textfile without comments. */
async function collected(now = NOW): Promise<readonly string[]> {
  await collect(host.system, now);
  const lines = (await readFile(textfilePath(), "utf8")).split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

const of = (lines: readonly string[], user: string) =>
  lines.filter((line) => line.includes(`user="${user}"`));
const unreadable = (lines: readonly string[]) =>
  lines.filter((line) => /^claude_fleet_statuses_unreadable.* [1-9]/.test(line));

test("every renewed user has all metrics, and every other user has one", async () => {
  const lines = await collected();
  expect(of(lines, "alice")).toContain(
    `claude_fleet_user_last_run_timestamp_seconds{fleet="dev",workstation="devvm",user="alice"} ${RAN_AT / 1000}`,
  );
  expect(of(lines, "alice").map((line) => line.replace("alice", "bob"))).toEqual(of(lines, "bob"));
  expect(of(lines, "carol")).toEqual([
    'claude_fleet_user_renewed{fleet="dev",workstation="devvm",user="carol"} 0',
  ]);
  expect(unreadable(lines)).toEqual([]);
});

test("the textfile is readable for everybody, is replaced atomically, and has no leftover beside it", async () => {
  await collected();
  const before = await stat(textfilePath());
  await collected();
  const after = await stat(textfilePath());
  expect(after.mode & 0o777).toBe(0o644);
  expect(after.ino).not.toBe(before.ino);
  expect(await readdir(dirname(textfilePath()))).toEqual(["claude_fleet.prom"]);
});

test("the metrics distinguish a paused user, a user without a run and a user without an account", async () => {
  await mkdir(join(host.root, "etc/claude-fleet/dev/pause"), { recursive: true });
  await writeFile(join(host.root, "etc/claude-fleet/dev/pause/alice"), "");
  await rm(place("bob"));
  const labels = 'fleet="dev",workstation="devvm"';
  expect(await collected()).toEqual(
    expect.arrayContaining([
      `claude_fleet_user_paused{${labels},user="alice"} 1`,
      `claude_fleet_user_paused{${labels},user="bob"} 0`,
      `claude_fleet_user_status_readable{${labels},user="bob"} 0`,
      'claude_fleet_statuses_unreadable{reason="missing"} 1',
    ]),
  );
  host.people.delete("bob");
  expect(unreadable(await collected())).toEqual(['claude_fleet_statuses_unreadable{reason="no-account"} 1']);
});

describe("bob's status", () => {
  const attacks: readonly (readonly [string, string, () => Promise<void> | void])[] = [
    ["is a link to alice's status", "symlink", () => replace((path) => symlink(place("alice"), path))],
    ["is a copy of alice's status", "", () => writeStatus("bob", agentStatusWith())],
    [
      "is a pipe",
      "not-a-file",
      () => replace((path) => Promise.resolve(void execFileSync("mkfifo", [path]))),
    ],
    ["is huge", "too-large", () => writeStatus("bob", `{"x":"${"y".repeat(20_000)}"}`)],
    ["is no JSON", "shape", () => writeStatus("bob", "not json")],
    ["has an unknown key", "shape", () => writeStatus("bob", { ...agentStatusWith(), user: "alice" })],
    [
      "has a class that is not a word",
      "shape",
      () => writeStatus("bob", agentStatusWith({ class: 'x"} 1\nevil 1' })),
    ],
    ["has an impossible time", "shape", () => writeStatus("bob", agentStatusWith({ ranAt: 1e300 }))],
    ["is of another fleet", "other-fleet", () => writeStatus("bob", agentStatusWith({ fleet: "other" }))],
  ];

  async function replace(make: (path: string) => Promise<void>): Promise<void> {
    await rm(place("bob"));
    await make(place("bob"));
    own("bob");
  }

  test.each(attacks)("%s: alice's metrics do not change", async (_, reason, attack) => {
    const before = of(await collected(), "alice");
    await attack();
    const lines = await collected();
    expect(of(lines, "alice")).toEqual(before);
    expect(unreadable(lines)).toEqual(
      reason === "" ? [] : [`claude_fleet_statuses_unreadable{reason="${reason}"} 1`],
    );
    expect(lines.join("\n")).not.toContain("evil");
  });
});

test("a damaged plan of one fleet does not change the metrics of another", async () => {
  await mkdir(join(host.root, "etc/claude-fleet/broken"), { recursive: true });
  await writeFile(join(host.root, "etc/claude-fleet/broken/plan.json"), "{");
  const lines = await collected();
  expect(lines).toContain("claude_fleet_plans_unreadable 1");
  expect(of(lines, "alice").length).toBeGreaterThan(10);
});

test("the last fleet's removal removes the textfile", async () => {
  await collected();
  await removeFleet(host.system, plan, fakeSession(vault).session);
  expect(await readdir(join(host.root, "var/lib"))).toEqual([]);
});

test("`status` reports the present state, and when the metrics were rendered last", async () => {
  const ask = async (fleet = "dev") => {
    const request = { action: "status", protocol: plan.protocol, fleet } as const;
    const { session } = fakeSession(vault);
    return workstationStatus.parse(
      (await handle(request, { session, system: () => Promise.resolve(host.system) })).result,
    );
  };
  expect((await ask()).collectedAt).toBeNull();
  await collected();
  await writeStatus("bob", "no JSON");
  const answer = await ask();
  expect(answer.collectedAt).not.toBeNull();
  expect(answer.users.map(({ user, renewed, status }) => [user, renewed, status])).toEqual([
    ["alice", true, agentStatusWith()],
    ["bob", true, "shape"],
    ["carol", false, "no-account"],
  ]);
  await expect(ask("other")).rejects.toThrow("Nothing of the fleet other has been applied here");
});
