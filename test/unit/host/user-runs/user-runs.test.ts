/** What an operator does about one user: run now, wait for a login, pause, resume. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { apply } from "../../../../host/workstation/apply.ts";
import { agentRun, loginResult, pauseResult } from "../../../../contract/user-run.ts";
import { handle } from "../../../../host/handlers.ts";
import { ExpectedError } from "../../../../lib/expected-error.ts";
import { fakeHost, fakeSession, fakePlan, type FakeHost } from "../../../support/fakes/fake-host.ts";
import { FakeVault } from "../../../support/fakes/fake-vault.ts";
import { login } from "../../../support/fakes/login.ts";
import type { HostPlan } from "../../../../contract/host-plan.ts";

const SERVICE = "claude-auth-sync@alice.service";
const TARGET = { protocol: 1, fleet: "dev", user: "alice" };

let vault: FakeVault;
let host: FakeHost;
let plan: HostPlan;
let operator: ReturnType<typeof fakeSession>;

beforeEach(async () => {
  vault = await new FakeVault().start();
  host = await fakeHost("alice", "bob", "carol");
  operator = fakeSession(vault);
  plan = fakePlan(vault, ["alice", "bob", "carol!"]);
  await apply(host.system, plan, operator.session);
  host.orders.length = 0;
});
afterEach(() => vault.close());

const request = async (asked: Parameters<typeof handle>[0]) =>
  (await handle(asked, { session: operator.session, system: () => Promise.resolve(host.system) })).result;
const pause = async (reason = "holiday") =>
  pauseResult.parse(await request({ action: "pause", target: TARGET, by: "ops@desk", reason }));
const resume = async () => pauseResult.parse(await request({ action: "resume", target: TARGET }));

describe("running a user's agent now", () => {
  const check = async () => agentRun.parse(await request({ action: "run-agent", target: TARGET }));

  test("tells its lines as they come, its class and its exit code", async () => {
    host.runs.set(SERVICE, [
      { exitCode: 10, lines: ["noise", "FAIL user=alice class=auth-dead why=\u001b[31mx"] },
    ]);
    expect(await check()).toEqual({
      user: "alice",
      workstation: "devvm",
      exitCode: 10,
      result: "exit-code",
      class: "auth-dead",
      paused: false,
      lines: ["noise", "FAIL user=alice class=auth-dead why= [31mx"],
    });
    expect(operator.lines).toHaveLength(2);
    expect(host.orders).toEqual([`start ${SERVICE}`]);
  });

  test("knows the end of a run that systemd has forgotten at once", async () => {
    host.forgetful = true;
    host.runs.set(SERVICE, [{ exitCode: 0, lines: ["OK user=alice class=ok"] }]);
    expect(await check()).toMatchObject({ exitCode: 0, class: "ok" });
    host.runs.set(SERVICE, [{ exitCode: 0, lines: ["OK user=alice class=ok"], instant: true }]);
    expect(await check()).toMatchObject({ exitCode: 0, class: "ok" });
  });

  test("waits for what a changed login has started, and not for its next try", async () => {
    const backup = "claude-auth-sync-backup@alice.service";
    const said = { exitCode: 0, lines: ["OK user=alice class=ok"] };
    host.runs.set(SERVICE, [said]);
    host.runs.set(backup, [{ exitCode: 0, lines: [] }]);
    await host.system.systemctl(["start", "--", backup]);
    expect(await check()).toMatchObject({ class: "ok" });
    expect(host.orders).toEqual([`start ${backup}`, `start ${SERVICE}`]);

    host.runs.set(SERVICE, [said]);
    host.runs.set(backup, [{ exitCode: 75, lines: [] }]);
    host.subStates.set(backup, "auto-restart");
    await host.system.systemctl(["start", "--", backup]);
    expect(await check()).toMatchObject({ class: "ok" });
  });

  test("tries again when another run was faster, and says so when that goes on", async () => {
    const busy = { exitCode: 0, lines: ["INFO user=alice class=busy"] };
    host.runs.set(SERVICE, [busy, { exitCode: 10, lines: ["FAIL user=alice class=auth-dead"] }]);
    expect(await check()).toMatchObject({ exitCode: 10, class: "auth-dead" });
    host.runs.set(SERVICE, [busy, busy, busy, busy]);
    expect(await check()).toMatchObject({ exitCode: 0, class: "busy" });
  });

  test("reads the verdict only when journald has it", async () => {
    host.lateJournal = true;
    host.runs.set(SERVICE, [{ exitCode: 0, lines: ["OK user=alice class=ok"] }]);
    expect(await check()).toMatchObject({ class: "ok", lines: ["OK user=alice class=ok"] });
  });

  test("says that a service which does not begin does not start", async () => {
    await expect(check()).rejects.toThrow(/does not start; see `systemctl status/);
  });

  test("ends when the operator has gone, and leaves the run alone", async () => {
    host.runs.set(SERVICE, [{ exitCode: 0, lines: [] }]);
    operator.session = { ...operator.session, gone: true };
    await expect(check()).rejects.toThrow("the run goes on");
    expect(host.orders).toEqual([`start ${SERVICE}`]);
  });

  test.each([
    ["carol", /carol is not enrolled on devvm; run `pulumi up`/],
    ["mallory", /mallory is not enrolled on devvm/],
  ])("is refused for %s", async (user, message) => {
    await expect(request({ action: "run-agent", target: { ...TARGET, user } })).rejects.toThrow(message);
  });

  test("is refused for a fleet that has never been here", async () => {
    const asked = request({ action: "run-agent", target: { ...TARGET, fleet: "other" } });
    await expect(asked).rejects.toThrow(/Nothing of the fleet other has been applied here/);
  });
});

describe("waiting for a login", () => {
  const logIn = async (token: string) => {
    await mkdir(join(host.home("alice"), ".claude"), { recursive: true });
    const file = join(host.home("alice"), ".claude/.credentials.json");
    await writeFile(file, JSON.stringify({ claudeAiOauth: login(token) }));
  };
  const wait = async (timeoutSeconds = 60) =>
    loginResult.parse(await request({ action: "await-login", target: TARGET, timeoutSeconds }));
  const line = (word: string, name: string) => `${word} user=alice class=${name} fleet=dev`;

  test("runs nothing until there is one, and then until it is good", async () => {
    let waits = 0;
    host.system.wait = async () => {
      waits++;
      if (waits === 3) await logIn("first");
      if (waits === 10) await logIn("second");
    };
    host.runs.set(SERVICE, [
      { exitCode: 10, lines: [line("FAIL", "auth-dead")] },
      { exitCode: 0, lines: [line("OK", "ok")] },
    ]);
    const { run } = await wait();
    expect(run).toMatchObject({ exitCode: 0, class: "ok" });
    expect(waits).toBeGreaterThanOrEqual(10);
    expect(host.orders).toEqual([`start ${SERVICE}`, `start ${SERVICE}`]);
  });

  test("proves the one that is there at once", async () => {
    await logIn("first");
    host.runs.set(SERVICE, [{ exitCode: 0, lines: [line("OK", "ok")] }]);
    expect((await wait()).run.class).toBe("ok");
  });

  test("runs again when another run had the lock", async () => {
    await logIn("first");
    host.runs.set(SERVICE, [
      { exitCode: 0, lines: [line("INFO", "busy")] },
      { exitCode: 0, lines: [line("OK", "ok")] },
    ]);
    expect((await wait()).run.class).toBe("ok");
  });

  test("does not wait for ever", async () => {
    await expect(wait(10)).rejects.toThrow(/alice has not logged in on devvm within 10 s/);
  });

  test("takes no run of a login that was blanked meanwhile for a good one", async () => {
    await logIn("first");
    const atEnd = () => writeFile(join(host.home("alice"), ".claude/.credentials.json"), "{}");
    host.runs.set(SERVICE, [{ exitCode: 10, lines: [line("FAIL", "auth-dead")], atEnd }]);
    await expect(wait(10)).rejects.toThrow(ExpectedError);
    expect(host.orders).toEqual([`start ${SERVICE}`]);
  });
});

describe("a pause", () => {
  const STARTERS = ["claude-auth-sync@alice.path", "claude-auth-sync@alice.timer"];
  const started = () => [...host.units].filter((unit) => unit.includes("@alice.")).sort();

  test("stops what starts runs, says who and why, and survives an apply", async () => {
    expect(started()).toEqual(STARTERS);
    expect(await pause()).toMatchObject({ changed: true, paused: { by: "ops@desk", reason: "holiday" } });
    expect(started()).toEqual([]);
    await apply(host.system, plan, operator.session);
    expect(started()).toEqual([]);
    const mark = await readFile(join(host.root, "etc/claude-fleet/dev/pause/alice"), "utf8");
    expect(JSON.parse(mark)).toMatchObject({ by: "ops@desk", reason: "holiday" });
  });

  test("never ends a run, only the wait for the next try of a pending backup", async () => {
    host.subStates.set("claude-auth-sync-backup@alice.service", "auto-restart");
    await pause();
    expect(host.orders.filter((order) => order.includes(".service"))).toEqual([
      "stop claude-auth-sync-backup@alice.service",
    ]);
  });

  test("a second time keeps the first mark", async () => {
    await pause("holiday");
    expect(await pause("another")).toMatchObject({ changed: false, paused: { reason: "holiday" } });
  });

  test("ends by resume, once and again", async () => {
    await pause();
    expect(await resume()).toMatchObject({ changed: true, paused: null });
    expect(started()).toEqual(STARTERS);
    host.orders.length = 0;
    expect(await resume()).toMatchObject({ changed: false, paused: null });
    expect(host.orders).toEqual([]);
  });

  test("of another user is not touched", async () => {
    await pause();
    expect([...host.units].filter((unit) => unit.includes("@bob."))).toHaveLength(2);
  });

  test("by hand, without a word in it, counts too", async () => {
    await mkdir(join(host.root, "etc/claude-fleet/dev/pause"), { recursive: true });
    await writeFile(join(host.root, "etc/claude-fleet/dev/pause/alice"), "");
    expect(await pause()).toMatchObject({ changed: false, paused: { by: "somebody on the host" } });
    expect(started()).toEqual([]);
  });
});
