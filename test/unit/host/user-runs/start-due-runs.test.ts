/** The collector starts the runs of users whose access tokens end soon, in a workstation in a folder. */
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { REFRESH_WINDOW_MS } from "../../../../claude/refresh-window.ts";
import { collect } from "../../../../host/metrics/collect.ts";
import { apply } from "../../../../host/workstation/apply.ts";
import { fakeHost, fakePlan, fakeSession, type FakeHost } from "../../../support/fakes/fake-host.ts";
import { FakeVault } from "../../../support/fakes/fake-vault.ts";
import { agentStatusWith, RAN_AT } from "../../../support/fakes/status.ts";

const SECOND = 1000;
const NOW = RAN_AT;

let vault: FakeVault;
let host: FakeHost;
/** What the collector waited for, and which units it started, in their order. */
let steps: (string | number)[];

beforeEach(async () => {
  vault = await new FakeVault().start();
  host = await fakeHost("alice", "bob");
  await apply(host.system, fakePlan(vault, ["alice", "bob"]), fakeSession(vault).session);
  for (const user of ["alice", "bob"])
    host.properties.set(
      `claude-auth-sync@${user}.timer`,
      "NextElapseUSecRealtime=Thu 2026-01-01 06:00:00 UTC",
    );
  steps = [];
  host.system.wait = (milliseconds) => Promise.resolve(void steps.push(Math.round(milliseconds / SECOND)));
});
afterEach(() => vault.close());

/** Stores a status whose access token enters the refresh window in this time. */
async function entersIn(user: string, milliseconds: number): Promise<void> {
  const path = join(host.home(user), ".local/state/claude-auth-sync/status.json");
  await mkdir(dirname(path), { recursive: true });
  const accessExpiresAt = NOW + REFRESH_WINDOW_MS + milliseconds;
  await writeFile(path, JSON.stringify(agentStatusWith({ accessExpiresAt })));
  execFileSync("chown", ["-R", "-h", `${host.uid(user)}`, host.home(user)]);
}

/** Collects, and returns the waits and starts. */
async function collected(): Promise<readonly (string | number)[]> {
  const systemctl = host.system.systemctl.bind(host.system);
  host.system.systemctl = (args) => {
    if (args[0] === "start") steps.push(args.join(" "));
    return systemctl(args);
  };
  expect(await collect(host.system, new Date(NOW))).toEqual([]);
  return steps;
}
const START = (user: string) => `start --no-block -- claude-auth-sync@${user}.service`;

test("each run is started at its moment, and no run is waited for", async () => {
  await entersIn("alice", 30 * SECOND);
  await entersIn("bob", 20 * SECOND);
  expect(await collected()).toEqual([20, START("bob"), 30, START("alice")]);
});

test("a token that ends later starts nothing", async () => {
  await entersIn("alice", 3600 * SECOND);
  expect(await collected()).toEqual([]);
});

test("systemd's record of the last start keeps a user from running again at once", async () => {
  await entersIn("alice", -10 * SECOND);
  host.properties.set("claude-auth-sync@alice.service", "InactiveExitTimestamp=Wed 2025-12-31 23:59:55 UTC");
  expect(await collected()).toEqual([]);
});

test("a user who is paused during the wait is not started", async () => {
  await entersIn("alice", 30 * SECOND);
  host.system.wait = async () => {
    await mkdir(join(host.root, "etc/claude-fleet/dev/pause"), { recursive: true });
    await writeFile(join(host.root, "etc/claude-fleet/dev/pause/alice"), "");
  };
  expect(await collected()).toEqual([]);
});

test("a start that fails is told, and the next user's run is started", async () => {
  await entersIn("alice", 0);
  await entersIn("bob", 20 * SECOND);
  const systemctl = host.system.systemctl.bind(host.system);
  host.system.systemctl = async (args) => {
    const end = await systemctl(args);
    return args.at(-1) === "claude-auth-sync@alice.service" && args[0] === "start"
      ? { ...end, code: 1, stderr: "Unit is masked." }
      : end;
  };
  expect(await collect(host.system, new Date(NOW))).toEqual([
    expect.stringMatching(/^systemctl start .*Unit is masked\./),
  ]);
  expect(host.orders).toContain("start claude-auth-sync@bob.service");
});
