/** A person without root proves their own login by `claude-auth-sync now`, and can do nothing else to systemd. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DevEnvironment } from "../../dev/environment.ts";
import { claudeFleet, environmentWithProvenLogins } from "../support/environment/operator.ts";
import { expectSuccess } from "../support/environment/pulumi.ts";
import { awaitRest, onWorkstation, placesOf, tryOnWorkstation } from "../support/environment/workstation.ts";

const STATE = "/home/alice/.local/state/claude-auth-sync";
const SERVICE = "claude-auth-sync@alice.service";

let environment: DevEnvironment;

const root = (shell: string) => onWorkstation(environment, shell);
const asUser = (user: string, shell: string) =>
  tryOnWorkstation(environment, `runuser -u ${user} -- sh -c '${shell}'`);
/** Waits until systemd watches for alice's next request. */
const rateIsOver = () =>
  root(
    'while [ "$(systemctl is-active claude-auth-sync-now@alice.service)" = activating ]; do sleep 1; done',
  );
/** Returns how often the service has started since a moment. */
const starts = async (since: string) => {
  await root("journalctl --sync");
  const lines = await root(
    `journalctl -q -o cat --since '${since}' _SYSTEMD_UNIT=init.scope UNIT=${SERVICE} | grep -c '^Starting' || true`,
  );
  return Number(lines);
};
const moment = async () => (await root("date '+%F %T'")).trim();

beforeAll(async () => {
  environment = await environmentWithProvenLogins();
});

afterAll(async () => {
  await environment.anthropic.behaveWell();
  await claudeFleet(environment, "resume", "alice");
});

describe("a person without root", () => {
  it("proves their own login: sees the run's line, and gets its exit code", async () => {
    const asked = await asUser("alice", "claude-auth-sync now");
    expect(asked.code, asked.output).toBe(0);
    expect(asked.stdout).toMatch(/^OK user=alice class=ok .*\n$/);
    const unit = await root(`systemctl show ${SERVICE} -p Result -p ExecMainStatus`);
    expect(unit).toBe("Result=success\nExecMainStatus=0\n");
  });

  it("waits when they ask too often, and is told so", async () => {
    const asked = await asUser("alice", "claude-auth-sync now");
    expect(asked.code, asked.output).toBe(0);
    expect(asked.stderr).toContain("Asked too often: the host starts one run in 30 s on request.");
    expect(asked.stdout).toMatch(/^OK user=alice class=ok /);
  });

  it("asks while another run is under way, and gets the outcome of a later run", async () => {
    await rateIsOver();
    await root(`flock ${STATE}/lock sleep 8 >/dev/null 2>&1 & sleep 1`);
    const asked = await asUser("alice", "claude-auth-sync now");
    expect(asked.code, asked.output).toBe(0);
    expect(asked.stderr).toContain("A run is under way.");
    expect(asked.stdout).toMatch(/^OK user=alice class=ok /);
  });

  it("ends only the command by Ctrl-C: the run goes on to its end", async () => {
    await rateIsOver();
    const before = await root(`wc -l < ${placesOf("alice").log}`);
    await root(
      "runuser -u alice -- timeout --foreground -s INT 1.5 claude-auth-sync now >/dev/null 2>&1 || true; " +
        `systemctl is-active ${SERVICE} || true`,
    );
    await awaitRest(environment, "alice");
    const last = await root(`tail -n +$((${before.trim()} + 1)) ${placesOf("alice").log}`);
    expect(last).toMatch(/ OK user=alice class=ok /);
    expect(await root(`systemctl show ${SERVICE} -p Result`)).toBe("Result=success\n");
  });

  it("is told when an operator has paused them, and when the host does not renew them", async () => {
    expectSuccess(await claudeFleet(environment, "pause", "alice"));
    const paused = await asUser("alice", "claude-auth-sync now");
    expectSuccess(await claudeFleet(environment, "resume", "alice"));
    expect(paused.code).toBe(2);
    expect(paused.stderr).toContain("An operator has paused alice");
    const dave = await asUser("dave", "claude-auth-sync now");
    expect(dave.code).toBe(2);
    expect(dave.stderr).toContain("No fleet on this host renews the login of dave");
  });
});

describe("a hostile person without root", () => {
  it.each([
    "systemctl start claude-auth-sync@alice.service",
    "systemctl --no-block --job-mode=flush start claude-auth-sync@alice.service",
    "systemctl --no-block --job-mode=replace-irreversibly start claude-auth-sync@alice.service",
    "systemctl start claude-auth-sync@bob.service",
    "systemctl start claude-auth-sync-now@alice.service",
    "systemctl start claude-auth-sync-backup@alice.service",
    "systemctl start claude-fleet-assert.service",
    "systemctl stop claude-auth-sync@alice.timer",
    "systemctl disable claude-auth-sync@alice.timer",
    "systemctl daemon-reload",
  ])("is refused every order to systemd: %s", async (command) => {
    const tried = await asUser("alice", command);
    expect(tried.code, tried.output).not.toBe(0);
    expect(tried.output).toMatch(/authentication required|Access denied/i);
  });

  it("starts no more than their own runs at the limited rate, and breaks no unit", async () => {
    await rateIsOver();
    const since = await moment();
    const loop = [
      "end=$(($(date +%s) + 40))",
      "while [ $(date +%s) -lt $end ]",
      `do echo x > ${STATE}/now; touch ${STATE}/now; rm -f ${STATE}/now; ln -s /etc/shadow ${STATE}/now; rm -f ${STATE}/now`,
      "done",
    ];
    await asUser("alice", loop.join("; "));
    expect(await starts(since)).toBeLessThanOrEqual(3);
    const states = "systemctl is-active claude-auth-sync-now@alice.path claude-auth-sync@alice.timer";
    expect(await root(states)).toBe("active\nactive\n");
    expect(await root("systemctl list-units --failed --plain --no-legend 'claude-auth-sync*'")).toBe("");
    await rateIsOver();
    const asked = await asUser("alice", "claude-auth-sync now");
    expect(asked.code, asked.output).toBe(0);
  });

  it("gains nothing by moving the watched folder, or by very many files in it", async () => {
    await rateIsOver();
    const since = await moment();
    const shell = [
      `mv ${STATE} ${STATE}.away && ln -s /etc ${STATE}; sleep 1; rm ${STATE}; mv ${STATE}.away ${STATE}`,
      `mkdir -p ${STATE}/many; cd ${STATE}/many; seq 20000 | xargs touch; cd /; rm -rf ${STATE}/many`,
    ];
    const moved = await asUser("alice", shell.join("; "));
    expect(moved.code, moved.output).toBe(0);
    expect(await starts(since)).toBeLessThanOrEqual(2);
    await rateIsOver();
    const asked = await asUser("alice", "claude-auth-sync now");
    expect(asked.code, asked.output).toBe(0);
    expect(await root("systemctl list-units --failed --plain --no-legend 'claude-auth-sync*'")).toBe("");
  });
});
