/** Which users, containers and hosts need a person, and which command repairs them. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { BACKUP_STATES, CLASSES, REASONS } from "../../../../contract/agent-classes.ts";
import { type AgentStatus, UNREADABLE } from "../../../../contract/agent-status.ts";
import { span } from "../../../../plan/status/durations.ts";
import { exitCode, headline, needy } from "../../../../plan/status/fleet-status.ts";
import {
  container,
  DAY,
  DIGEST_BEFORE,
  FLEET,
  HOUR,
  NOW,
  statusOf,
  tokenWith,
  workstationWith,
} from "../../../support/fakes/fleet-status.ts";
import { agentStatusWith } from "../../../support/fakes/status.ts";

const alice = (changes: Partial<AgentStatus>) =>
  statusOf(workstationWith({ status: agentStatusWith(changes) })).users[0];
const backup = (changes: Partial<AgentStatus["backup"]>) => ({
  backup: { ...agentStatusWith().backup, ...changes },
});

describe("a user", () => {
  it("with a proven login is ok, and a user who is not renewed is left alone", () => {
    expect(statusOf().users.map(({ user, state, command }) => [user, state, command])).toEqual([
      ["alice", "ok", undefined],
      ["guest", "not-renewed", undefined],
    ]);
  });

  const login = "npx claude-fleet login alice";
  const check = "npx claude-fleet check alice";
  test.each<[string, Partial<AgentStatus>, string, string | undefined]>([
    ["dead login", { word: "FAIL", class: "auth-dead", reason: "blanked", exitCode: 10 }, "person", login],
    ["rejected", { word: "FAIL", class: "rejected", reason: "after-rotation" }, "person", login],
    ["policy", { word: "FAIL", class: "org-policy", reason: "not-allowed" }, "person", check],
    ["tooling", { word: "FAIL", class: "tooling", reason: "not-storable" }, "person", check],
    ["shared token", { word: "FAIL", class: "ok", reason: "shared-token" }, "person", check],
    [
      "identity",
      { word: "FAIL", class: "ok", reason: "identity-mismatch", ...backup({ state: "identity-mismatch" }) },
      "person",
      login,
    ],
    [
      "Vault refuses",
      { word: "FAIL", class: "ok", reason: "refused", ...backup({ state: "refused" }) },
      "person",
      "npx pulumi up",
    ],
    ["passing", { word: "WARN", class: "transient", reason: "api" }, "watch", undefined],
    [
      "passing for a day",
      { word: "WARN", class: "limit", reason: "usage", failingSince: NOW - DAY },
      "person",
      check,
    ],
    [
      "passing for almost a day",
      { word: "WARN", class: "limit", reason: "usage", failingSince: NOW - DAY + 1 },
      "watch",
      undefined,
    ],
    [
      "never logged in",
      { word: "INFO", class: "awaiting-login", reason: "no-login", kind: null },
      "awaiting-login",
      login,
    ],
    ["silent", { ranAt: NOW - 13 * HOUR }, "person", check],
    ["late within the threshold", { ranAt: NOW - 12 * HOUR }, "ok", undefined],
    ["login in a week", { loginExpiresAt: NOW + 7 * DAY }, "ok", undefined],
    ["login within a week", { loginExpiresAt: NOW + 7 * DAY - 1 }, "person", login],
    ["setup-token in a month", { kind: "setup-token", loginExpiresAt: NOW + 30 * DAY }, "ok", undefined],
    [
      "setup-token within a month",
      { kind: "setup-token", loginExpiresAt: NOW + 30 * DAY - 1 },
      "person",
      login,
    ],
    ["Vault token at half", { vaultTokenExpiresAt: NOW + 16 * DAY }, "ok", undefined],
    ["Vault token below", { vaultTokenExpiresAt: NOW + 16 * DAY - 1 }, "person", "npx pulumi up"],
    ["no refresh for long", { lastRefreshProvenAt: NOW - 3 * DAY }, "watch", check],
    [
      "no refresh is needed",
      { kind: "setup-token", loginExpiresAt: null, lastRefreshProvenAt: NOW - 3 * DAY },
      "ok",
      undefined,
    ],
    [
      "backup pending",
      { word: "WARN", ...backup({ state: "pending", pendingSince: NOW - HOUR }) },
      "watch",
      undefined,
    ],
  ])("%s", (_, changes, state, command) => {
    expect(alice(changes)).toMatchObject({ state, command });
  });

  it("with an expiring login and a failed run sees the failure first", () => {
    const row = alice({
      word: "FAIL",
      class: "auth-dead",
      why: "the CLI has emptied it",
      loginExpiresAt: NOW,
    });
    expect(row?.why).toBe("the CLI has emptied it");
  });

  it("who is paused is left alone, whatever the last run reported", () => {
    const status = agentStatusWith({ word: "FAIL", class: "auth-dead" });
    const { users } = statusOf(workstationWith({ paused: true, status, nextRunAt: null }));
    expect(users[0]).toMatchObject({ state: "paused", command: "npx claude-fleet resume alice" });
  });

  it.each([
    ["is not enrolled", { enrolled: false }, "npx pulumi up"],
    ["has no timer", { nextRunAt: null }, "npx pulumi up"],
    ["has no account", { status: "no-account" as const }, /^useradd -m alice/],
    ["has the status of another user", { status: "symlink" as const }, check],
  ])("who %s needs a person", (_, changes, command) => {
    const row = statusOf(workstationWith(changes)).users[0];
    expect(row?.state).toBe("person");
    expect(row?.command).toMatch(command);
  });

  it("without a first run is watched", () => {
    expect(statusOf(workstationWith({ status: "missing" })).users[0]?.state).toBe("watch");
  });

  it("of a workstation that does not answer is unknown", () => {
    const status = statusOf({ kind: "unknown", reason: "it does not answer" });
    expect(status.users[0]?.state).toBe("unknown");
    expect(exitCode(status)).toBe(3);
  });

  it("always has a command when a person is needed, whatever the status says", () => {
    const time = fc.option(fc.integer({ min: 0, max: NOW * 2 }), { nil: null });
    const status = fc
      .record({
        ranAt: fc.integer({ min: 0, max: NOW * 2 }),
        word: fc.constantFrom("OK" as const, "WARN" as const, "FAIL" as const, "INFO" as const),
        class: fc.constantFrom(...Object.keys(CLASSES)),
        reason: fc.constantFrom(...Object.keys(REASONS), ...Object.keys(BACKUP_STATES)),
        kind: fc.constantFrom("login" as const, "setup-token" as const, null),
        failingSince: time,
        loginExpiresAt: time,
        vaultTokenExpiresAt: time,
        lastRefreshProvenAt: time,
      })
      .map(agentStatusWith);
    fc.assert(
      fc.property(fc.oneof(status, fc.constantFrom(...UNREADABLE)), fc.boolean(), (one, enrolled) => {
        const row = statusOf(workstationWith({ status: one, enrolled })).users[0];
        if (row?.state === "person") expect(row.command).toMatch(/^(npx|useradd) .*\S/);
        if (row?.state !== "ok") expect(row?.why).not.toBe("");
        if (typeof one !== "string" && one.word === "FAIL") expect(row?.state).not.toBe("ok");
      }),
    );
  });
});

describe("a container", () => {
  const rollout = "npx claude-fleet rollout platform";
  test.each([
    ["reads the token", [container()], "ok", true],
    ["is missing", [], "person", null],
    ["has the former token", [container({ sha256: DIGEST_BEFORE })], "person", false],
    ["was created by hand", [container({ sha256: "" })], "person", false],
    ["does not run", [container({ running: false })], "person", true],
    ["mounts something else", [container({ source: "/srv/claude/auth.json" })], "person", true],
  ])("%s", (_, containers, state, matches) => {
    const [row] = statusOf(undefined, tokenWith({ containers })).consumers;
    expect(row).toMatchObject({ state, matches, command: state === "ok" ? undefined : rollout });
  });

  it("is ok while a new file waits for its rollout", () => {
    const status = statusOf(undefined, tokenWith({ sha256: "c".repeat(64) }));
    expect(status.consumers[0]?.state).toBe("ok");
    expect(needy(status).map(({ why, command }) => [why, command])).toEqual([
      ["/srv/claude/auth.json is new and not rolled out", rollout],
    ]);
  });

  it("has a token that needs a person a month before it expires", () => {
    const ends = (expiresAtMs: number) => needy(statusOf(undefined, tokenWith({ expiresAtMs })));
    expect(ends(NOW + 30 * DAY)).toEqual([]);
    expect(ends(NOW + 30 * DAY - 1).map(({ why }) => why)).toEqual([
      "it expires in 29d; put a new token file in its place",
    ]);
  });

  it("needs a person before the first rollout", () => {
    const [row] = statusOf(undefined, tokenWith({ passed: [], containers: [] })).consumers;
    expect(row).toMatchObject({ state: "person", why: "no token was rolled out" });
  });

  it("is unknown when the engine does not answer", () => {
    const status = statusOf(undefined, tokenWith({ containers: null }));
    expect(status.consumers[0]?.state).toBe("unknown");
    expect(headline(status)).toBe("0 of 2 need a person; unknown: token platform");
  });
});

describe("the headline", () => {
  it("counts containers and renewed users", () => {
    expect(headline(statusOf())).toBe("0 of 2 need a person");
    expect(exitCode(statusOf())).toBe(0);
  });

  it("names users, files and workstations that need a person", () => {
    const status = statusOf(
      workstationWith({ status: agentStatusWith({ word: "FAIL" }) }, { collectedAt: NOW - HOUR }),
      tokenWith({ complaints: ["/srv/claude/auth.json is missing."], sha256: null }),
    );
    expect(headline(status)).toBe("3 of 4 need a person: alice, workstation devvm, token platform");
    expect(exitCode(status)).toBe(2);
  });

  it.each([
    [{ at: NOW - HOUR, problems: 0 }, []],
    [{ at: NOW - HOUR, problems: 1 }, [expect.stringContaining("its hourly repair failed with 1 problem;")]],
    [{ at: NOW - 5 * HOUR, problems: 0 }, ["its last hourly repair was 5h ago"]],
    [null, []],
  ])("names a workstation whose hourly repair fails, or does not run: %j", (repair, why) => {
    const { troubles } = statusOf(workstationWith({}, { repair }));
    expect(troubles.map((one) => one.why)).toEqual(why);
    expect(troubles.every(({ state }) => state === "person")).toBe(true);
  });

  it("names a host that does not answer beside what needs a person", () => {
    const status = statusOf(
      { kind: "unknown", reason: "devvm: it does not answer\u001b[31m" },
      tokenWith({ containers: [] }),
    );
    expect(headline(status)).toBe("1 of 2 need a person: platform/one; unknown: workstation devvm");
    expect(exitCode(status)).toBe(2);
    expect(status.troubles[0]?.why).not.toContain("\u001b");
  });

  it("is right without any answer", () => {
    expect(headline(statusOf({ kind: "unknown", reason: "x" }, { kind: "unknown", reason: "y" }))).toBe(
      "0 of 2 need a person; unknown: workstation devvm, token platform",
    );
    expect(FLEET.workstations).toHaveLength(1);
  });
});

test("spans use the largest unit of which there are two", () => {
  expect([0, 999, 119_000, 120_000, 47 * HOUR, 48 * HOUR, 400 * DAY].map(span)).toEqual([
    "0s",
    "0s",
    "119s",
    "2m",
    "47h",
    "2d",
    "400d",
  ]);
  expect(span(-1)).toBe("0s");
});
