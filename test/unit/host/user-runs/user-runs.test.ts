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

describe("a run of a user's agent", () => {
  const check = async () => agentRun.parse(await request({ action: "run-agent", target: TARGET }));

  test("is reported with its lines, its class and its exit code", async () => {
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

  test("is followed to its end when systemd forgets the unit at once", async () => {
    host.forgetful = true;
    host.runs.set(SERVICE, [{ exitCode: 0, lines: ["OK user=alice class=ok"] }]);
    expect(await check()).toMatchObject({ exitCode: 0, class: "ok" });
    host.runs.set(SERVICE, [{ exitCode: 0, lines: ["OK user=alice class=ok"], instant: true }]);
    expect(await check()).toMatchObject({ exitCode: 0, class: "ok" });
  });

  test("waits for the backup of a changed login, and not for the next attempt of that backup", async () => {
    const backup = "claude-auth-sync-backup@alice.service";
    const ok = { exitCode: 0, lines: ["OK user=alice class=ok"] };
    host.runs.set(SERVICE, [ok]);
    host.runs.set(backup, [{ exitCode: 0, lines: [] }]);
    await host.system.systemctl(["start", "--", backup]);
    expect(await check()).toMatchObject({ class: "ok" });
    expect(host.orders).toEqual([`start ${backup}`, `start ${SERVICE}`]);

    host.runs.set(SERVICE, [ok]);
    host.runs.set(backup, [{ exitCode: 75, lines: [] }]);
    host.subStates.set(backup, "auto-restart");
    await host.system.systemctl(["start", "--", backup]);
    expect(await check()).toMatchObject({ class: "ok" });
  });

  test("is started again when another run was faster, and is busy when that run lasts", async () => {
    const busy = { exitCode: 0, lines: ["INFO user=alice class=busy"] };
    host.runs.set(SERVICE, [busy, { exitCode: 10, lines: ["FAIL user=alice class=auth-dead"] }]);
    expect(await check()).toMatchObject({ exitCode: 10, class: "auth-dead" });
    host.runs.set(SERVICE, [busy, busy, busy, busy]);
    expect(await check()).toMatchObject({ exitCode: 0, class: "busy" });
  });

  test("ends only when journald has its lines", async () => {
    host.lateJournal = true;
    host.runs.set(SERVICE, [{ exitCode: 0, lines: ["OK user=alice class=ok"] }]);
    expect(await check()).toMatchObject({ class: "ok", lines: ["OK user=alice class=ok"] });
  });

  test("fails when the service does not start", async () => {
    await expect(check()).rejects.toThrow(/does not start; run `systemctl status/);
  });

  test("continues when the connection to the operator ends", async () => {
    host.runs.set(SERVICE, [{ exitCode: 0, lines: [] }]);
    operator.session = { ...operator.session, gone: true };
    await expect(check()).rejects.toThrow("the run continues");
    expect(host.orders).toEqual([`start ${SERVICE}`]);
  });

  test.each([
    ["carol", /carol is not enrolled on devvm; run `pulumi up`/],
    ["mallory", /mallory is not enrolled on devvm/],
  ])("is refused for %s", async (user, message) => {
    await expect(request({ action: "run-agent", target: { ...TARGET, user } })).rejects.toThrow(message);
  });

  test("is refused for a fleet without a record on this host", async () => {
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

  test("runs the agent for each new login until one is proven", async () => {
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

  test("proves a present login at once", async () => {
    await logIn("first");
    host.runs.set(SERVICE, [{ exitCode: 0, lines: [line("OK", "ok")] }]);
    expect((await wait()).run.class).toBe("ok");
  });

  test("runs the agent again when another run held the lock", async () => {
    await logIn("first");
    host.runs.set(SERVICE, [
      { exitCode: 0, lines: [line("INFO", "busy")] },
      { exitCode: 0, lines: [line("OK", "ok")] },
    ]);
    expect((await wait()).run.class).toBe("ok");
  });

  test("fails after its timeout", async () => {
    await expect(wait(10)).rejects.toThrow(/alice has not logged in on devvm within 10 s/);
  });

  test("does not take the failed run of an emptied login for a proof", async () => {
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

  test("stops the units that start runs, records who and why, and survives an apply", async () => {
    expect(started()).toEqual(STARTERS);
    expect(await pause()).toMatchObject({ changed: true, paused: { by: "ops@desk", reason: "holiday" } });
    expect(started()).toEqual([]);
    await apply(host.system, plan, operator.session);
    expect(started()).toEqual([]);
    const marker = await readFile(join(host.root, "etc/claude-fleet/dev/pause/alice"), "utf8");
    expect(JSON.parse(marker)).toMatchObject({ by: "ops@desk", reason: "holiday" });
  });

  test("never ends a run, and ends the wait for the next attempt of a pending backup", async () => {
    host.subStates.set("claude-auth-sync-backup@alice.service", "auto-restart");
    await pause();
    expect(host.orders.filter((order) => order.includes(".service"))).toEqual([
      "stop claude-auth-sync-backup@alice.service",
    ]);
  });

  test("keeps its first marker when the user is paused again", async () => {
    await pause("holiday");
    expect(await pause("another")).toMatchObject({ changed: false, paused: { reason: "holiday" } });
  });

  test("ends by resume, and a second resume changes nothing", async () => {
    await pause();
    expect(await resume()).toMatchObject({ changed: true, paused: null });
    expect(started()).toEqual(STARTERS);
    host.orders.length = 0;
    expect(await resume()).toMatchObject({ changed: false, paused: null });
    expect(host.orders).toEqual([]);
  });

  test("leaves other users alone", async () => {
    await pause();
    expect([...host.units].filter((unit) => unit.includes("@bob."))).toHaveLength(2);
  });

  test("counts when its marker is an empty file made by hand", async () => {
    await mkdir(join(host.root, "etc/claude-fleet/dev/pause"), { recursive: true });
    await writeFile(join(host.root, "etc/claude-fleet/dev/pause/alice"), "");
    expect(await pause()).toMatchObject({ changed: false, paused: { by: "somebody on the host" } });
    expect(started()).toEqual([]);
  });
});
