/** What root tells of every user's renewal, whatever one of them does; and what an operator does about one user. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { DevEnvironment } from "../../dev/environment.ts";
import { collect as collectOn, figureOf, TEXTFILE } from "../support/environment/figures.ts";
import { figuresOf, forgeStatus, statusOf } from "../support/environment/forged-status.ts";
import {
  claudeFleet,
  comeToRest,
  environmentWithProvenLogins,
  hearClaudeFleet,
} from "../support/environment/operator.ts";
import { expectSuccess, preview } from "../support/environment/pulumi.ts";
import { backup, backupMetadata } from "../support/environment/vault.ts";
import {
  logIn,
  onWorkstation,
  person,
  placesOf,
  readCredentials,
  tryOnWorkstation,
  writeCredentials,
} from "../support/environment/workstation.ts";

let environment: DevEnvironment;

beforeAll(async () => {
  environment = await environmentWithProvenLogins();
});

afterAll(async () => {
  for (const user of ["alice", "bob"]) await claudeFleet(environment, "resume", user);
});

const collect = () => collectOn(environment);
const key = figureOf;

describe("the figures", () => {
  it("hold a user's last run, and when everything of theirs ends", async () => {
    const [all, now] = [await collect(), Number(await onWorkstation(environment, "date +%s"))];
    expect(all.get(key("class", "alice", ',class="ok",reason="proven"'))).toBe(1);
    expect(all.get(key("exit_code", "alice"))).toBe(0);
    expect(all.get(key("backup_matches", "alice"))).toBe(1);
    expect(all.get(key("last_success_timestamp_seconds", "alice"))).toBeLessThanOrEqual(now + 1);
    for (const credential of ["access-token", "login", "vault-token"]) {
      const label = `,credential="${credential}"`;
      expect(all.get(key("credential_expiry_timestamp_seconds", "alice", label)), credential).toBeGreaterThan(
        now,
      );
    }
    expect(all.get(key("next_run_timestamp_seconds", "alice"))).toBeGreaterThan(now);
    expect(all.get(key("renewed", "dave"))).toBe(0);
  });

  it("can be read by everybody, and hold no secret", async () => {
    await collect();
    const other = `runuser -u nobody -- cat ${TEXTFILE}`;
    const text = await onWorkstation(environment, other);
    expect(text).toContain(key("last_run_timestamp_seconds", "alice"));
    expect(text).not.toMatch(/sk-ant-|hvs\.|"[^"\n]{40,}"/);
  });

  it("are rendered by a timer, in a service with next to no rights", async () => {
    const unit = "claude-fleet-collect";
    const state = `systemctl is-enabled ${unit}.timer && systemctl is-active ${unit}.timer`;
    expect(await onWorkstation(environment, state)).toBe("enabled\nactive\n");
    const rated = await tryOnWorkstation(
      environment,
      `systemd-analyze security --threshold=20 ${unit}.service`,
    );
    expect(rated.code, rated.output).toBe(0);
  });
});

describe("when bob puts something else in the place of his status", () => {
  beforeAll(async () => {
    for (const user of ["alice", "bob"]) await comeToRest(environment, user);
  });
  afterAll(async () => {
    for (const user of ["alice", "bob"]) await claudeFleet(environment, "resume", user);
  });

  it("a link to alice's takes away his figures alone", async () => {
    const link = `ln -sf ${statusOf("alice")} ${statusOf("bob")}`;
    const { before, after } = await forgeStatus(environment, link);
    expect(figuresOf(after, "alice")).toEqual(figuresOf(before, "alice"));
    expect(after.get(key("status_readable", "bob"))).toBe(0);
  });

  it("a good status with another user's numbers changes only its owner's metrics", async () => {
    const numbers = `sed -i 's/"restores":[0-9]*/"restores":77/' ${statusOf("bob")}`;
    const { before, after } = await forgeStatus(environment, numbers);
    expect(after.get(key("restores_total", "bob"))).toBe(77);
    expect(figuresOf(after, "alice")).toEqual(figuresOf(before, "alice"));
  });
});

describe("a line that a user writes into the journal under the agent's name", () => {
  it("does not bear the unit's name, which only journald gives", async () => {
    await onWorkstation(
      environment,
      "runuser -u bob -- logger -t claude-auth-sync 'FAIL user=alice class=auth-dead'",
    );
    const query = "journalctl --sync; journalctl -q -o cat -t claude-auth-sync --since -1min";
    expect(await onWorkstation(environment, query)).toContain("FAIL user=alice class=auth-dead");
    const ofUnit = `${query} _SYSTEMD_UNIT=claude-auth-sync@alice.service`;
    expect(await onWorkstation(environment, ofUnit)).not.toContain("class=auth-dead");
  });
});

describe("a login that a user's own CLI refreshes between two runs", () => {
  it("is in Vault as soon as its file is replaced, without a run", async () => {
    const before = await backupMetadata(environment, "alice");
    const file = z
      .object({ claudeAiOauth: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse((await readCredentials(environment, "alice")) ?? ""));
    const expired = { ...file, claudeAiOauth: { ...file.claudeAiOauth, expiresAt: Date.now() - 1000 } };
    await writeCredentials(environment, "alice", expired);
    await onWorkstation(environment, "runuser -l alice -c 'cd /tmp && claude -p hi --model haiku'");

    const refreshed = z
      .object({ claudeAiOauth: z.object({ refreshToken: z.string() }) })
      .parse(JSON.parse((await readCredentials(environment, "alice")) ?? "")).claudeAiOauth.refreshToken;
    expect(refreshed).not.toBe(file.claudeAiOauth["refreshToken"]);
    await until(async () => {
      const stored = await backup(environment, "alice");
      return String(stored?.data["claude_ai_oauth_json"]).includes(refreshed);
    });
    expect(await backupMetadata(environment, "alice")).not.toEqual(before);
    // By the first or the second, whichever was first to see it.
    const units = ["backup", "recheck"].map((kind) => `_SYSTEMD_UNIT=claude-auth-sync-${kind}@alice.service`);
    const said = await onWorkstation(
      environment,
      `journalctl --sync; journalctl -q -o cat -t claude-auth-sync -n 5 ${units.join(" ")}`,
    );
    expect(said).toMatch(/^INFO user=alice class=backup reason=stored fleet=\w+ backup=written /m);
  });
});

describe("an operator", () => {
  it("checks a user: the verdict, and the agent's exit code", async () => {
    const good = await claudeFleet(environment, "check", "alice");
    expect(good, good.output).toMatchObject({ code: 0 });
    expect(good.stdout).toMatch(/^OK user=alice class=ok /);

    const json = await claudeFleet(environment, "check", "carol", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ user: "carol", exitCode: 0, class: "awaiting-login" });

    await environment.anthropic.behave({ email: person("bob").email, messages: "403-not-allowed", times: 1 });
    const bad = await claudeFleet(environment, "check", "bob");
    expect(bad.code, bad.output).toBe(13);
    expect(bad.stdout).toMatch(/^FAIL user=bob class=org-policy /);
  });

  it("mistypes a name, and is told the nearest", async () => {
    const ended = await claudeFleet(environment, "check", "alcie");
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain('did you mean "alice"?');
  });

  it("pauses a user and resumes them; a review finds nothing amiss meanwhile", async () => {
    const state = (unit: string) =>
      onWorkstation(environment, `systemctl is-active ${unit} || true; systemctl is-enabled ${unit} || true`);
    const units = ["claude-auth-sync@bob.timer", "claude-auth-sync@bob.path"];
    const paused = await claudeFleet(environment, "pause", "bob", "--reason", "moves to another desk");
    expect(paused.code, paused.output).toBe(0);
    for (const unit of units) expect(await state(unit)).toBe("inactive\ndisabled\n");
    expect((await collect()).get(key("paused", "bob"))).toBe(1);
    expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));

    const again = await claudeFleet(environment, "pause", "bob", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({
      changed: false,
      paused: { reason: "moves to another desk" },
    });

    expect((await claudeFleet(environment, "resume", "bob")).stdout).toContain("bob is renewed again");
    for (const unit of units) expect(await state(unit)).toBe("active\nenabled\n");
    expect((await collect()).get(key("paused", "bob"))).toBe(0);
  });

  it("waits for a login until it is proven", async () => {
    await onWorkstation(environment, `rm -f ${placesOf("bob").credentials}`);
    let loggedIn: Promise<string> | undefined;
    const hear = (output: string) => {
      if (output.includes("waiting for bob to log in")) loggedIn ??= logIn(environment, "bob");
    };
    const ended = await hearClaudeFleet(environment, hear, "login", "bob", "--timeout", "5m");
    expect(await loggedIn).toBeDefined();
    expect(ended.code, ended.output).toBe(0);
    expect(ended.stderr).toContain("claude auth login --claudeai --sso --email bob@example.com");
    expect(ended.stdout).toContain("bob is logged in on devvm");
  });
});

/** Waits until it is so; the test's own time is the limit. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(250);
}
