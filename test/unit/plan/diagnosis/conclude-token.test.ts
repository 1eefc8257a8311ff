/** Every observation that triggers a rotation, and every observation that does not. */
import { describe, expect, it, test } from "vitest";
import type { AgentRun } from "../../../../contract/user-run.ts";
import type { CallOutcome } from "../../../../claude/answer-patterns.ts";
import type { Call, TokenEvidence } from "../../../../contract/rotation.ts";
import { tokenFinding } from "../../../../plan/diagnosis/conclude-token.ts";
import { userFinding } from "../../../../plan/diagnosis/conclude-user.ts";
import { FINDINGS, type FindingKind } from "../../../../plan/diagnosis/finding-table.ts";
import type { AlertState, Evidence } from "../../../../plan/diagnosis/evidence.ts";

const NEW = "a".repeat(64);
const OLD = "b".repeat(64);
const STARTED = "2026-05-22T03:00:00Z";
const NO_LINES = { noise: 0, refused: 0, fallback: 0, subscription: 3 };
const REFRESH = ["/opt/platform/bin/refresh-from-disk"];
const ROTATE = "claude-fleet rotate platform";

type Service = TokenEvidence["services"][number];

const call = (outcome: CallOutcome, why = outcome === "ok" ? "" : `${outcome}, says the API`): Call => ({
  outcome,
  why,
});

const service = (changes: Partial<Service> = {}): Service => ({
  name: "backend-b2b",
  container: "platform-backend-b2b",
  running: true,
  trouble: null,
  sha256: NEW,
  startedAt: STARTED,
  lines: NO_LINES,
  ...changes,
});

/** A healthy host, with changes. */
const host = (changes: Partial<TokenEvidence> = {}): TokenEvidence => ({
  file: { sha256: NEW, fingerprint: "0".repeat(16), kind: "setup-token", complaints: [] },
  candidate: call("ok"),
  current: null,
  former: null,
  gateway: call("ok"),
  fallbackKey: "absent",
  environment: [{ variable: "CLAUDE_CODE_OAUTH_TOKEN", state: "same" }],
  services: [service(), service({ name: "backend-gateway" })],
  failedTasks: 0,
  missing: [],
  ...changes,
});

const lines = (counts: Partial<NonNullable<Service["lines"]>>) => [
  service({ lines: { ...NO_LINES, ...counts } }),
  service({ name: "backend-gateway" }),
];

const alert = (state: "firing" | "clear"): AlertState => ({ name: "reauth_required", state });
const DEAD = { candidate: call("refused"), gateway: call("refused") };

interface Case {
  readonly when: string;
  readonly seen: Partial<TokenEvidence>;
  readonly alert?: AlertState;
  readonly kind: FindingKind;
  readonly next: string | undefined;
}

const triggers: readonly Case[] = [
  {
    when: "runs fail with 401 and the API refuses the token",
    seen: { ...DEAD, services: lines({ refused: 12 }), failedTasks: 4 },
    kind: "dead",
    next: ROTATE,
  },
  {
    when: "a setup token was just created elsewhere, and no run has failed yet",
    seen: DEAD,
    kind: "dead",
    next: ROTATE,
  },
  {
    when: "the alert fires and the API refuses the token",
    seen: DEAD,
    alert: alert("firing"),
    kind: "dead",
    next: ROTATE,
  },
  {
    when: "free runs cost money: the log says that the fallback key pays",
    seen: { ...DEAD, gateway: call("ok"), services: lines({ fallback: 2 }), fallbackKey: "present" },
    kind: "dead-on-fallback",
    next: ROTATE,
  },
  {
    when: "a fallback key is loaded and the gateway still answers",
    seen: { ...DEAD, gateway: call("ok"), fallbackKey: "present" },
    kind: "dead-on-fallback",
    next: ROTATE,
  },
  {
    when: "a fallback key is loaded and does not work either",
    seen: { ...DEAD, fallbackKey: "present" },
    kind: "dead",
    next: ROTATE,
  },
  {
    when: "the file is gone and no rollout has ever happened",
    seen: { file: { sha256: null, fingerprint: null, kind: null, complaints: [] }, candidate: null },
    kind: "dead",
    next: ROTATE,
  },
  {
    when: "the shared credential is a login whose refresh is revoked",
    seen: {
      file: { sha256: NEW, fingerprint: "0".repeat(16), kind: "login", complaints: [] },
      services: lines({ noise: 3 }),
    },
    kind: "refresh-lost",
    next: ROTATE,
  },
];

const nonTriggers: readonly Case[] = [
  { when: "every call succeeds", seen: {}, kind: "healthy", next: undefined },
  {
    when: "the log has the line of the failing refresh, and calls succeed",
    seen: { services: lines({ noise: 240 }) },
    kind: "refresh-noise",
    next: undefined,
  },
  {
    when: "a fallback key is loaded and unused",
    seen: { fallbackKey: "present" },
    kind: "healthy",
    next: undefined,
  },
  {
    when: "the file is good and containers have the previous token",
    seen: { services: [service({ sha256: OLD }), service({ name: "backend-gateway" })] },
    kind: "stale-containers",
    next: "claude-fleet rollout platform",
  },
  {
    when: "a container was created by hand",
    seen: { services: [service({ sha256: null })] },
    kind: "stale-containers",
    next: "claude-fleet rollout platform",
  },
  {
    when: "the environment file has the previous token",
    seen: { environment: [{ variable: "ANTHROPIC_API_KEY", state: "different" }] },
    kind: "stale-containers",
    next: `${ROTATE} --from deliver`,
  },
  {
    when: "all containers have the good file, and services were refused since they started",
    seen: { services: lines({ refused: 5 }), gateway: call("refused") },
    kind: "rotated-quietly",
    next: "/opt/platform/bin/refresh-from-disk",
  },
  {
    when: "all containers have the good file, and the fallback key is still used",
    seen: { services: lines({ fallback: 1 }) },
    kind: "rotated-quietly",
    next: "/opt/platform/bin/refresh-from-disk",
  },
  {
    when: "tasks fail with 401 although every call succeeds: their environment has the previous token",
    seen: { failedTasks: 2 },
    kind: "rotated-quietly",
    next: "/opt/platform/bin/refresh-from-disk",
  },
  {
    when: "the account has reached its limit",
    seen: { candidate: call("limit"), gateway: call("limit") },
    kind: "limit",
    next: "wait for the reset; a new token has the same limit",
  },
  {
    when: "the API is overloaded",
    seen: { candidate: call("upstream"), gateway: call("upstream") },
    kind: "upstream",
    next: "check https://status.claude.com, then run `claude-fleet diagnose` again",
  },
  {
    when: "the organisation's payment is past due",
    seen: { candidate: call("not-allowed") },
    kind: "not-allowed",
    next: "ask the organisation's administrator; a new token would be refused too",
  },
  {
    when: "the gateway refuses its own key",
    seen: { gateway: call("refused") },
    kind: "not-the-token",
    next: "check the gateway's own log and key",
  },
  {
    when: "the gateway answers 502 while the API works",
    seen: { gateway: call("upstream", "502: bad gateway") },
    kind: "not-the-token",
    next: "check the gateway's own log and key",
  },
  {
    when: "a container does not run",
    seen: { services: [service({ running: false })] },
    kind: "not-the-token",
    next: "npx pulumi up",
  },
  {
    when: "a container is paused",
    seen: { services: [service({ trouble: "is paused, so its processes are frozen" })] },
    kind: "not-the-token",
    next: "npx pulumi up",
  },
  {
    when: "the alert fires although every call succeeds",
    seen: {},
    alert: alert("firing"),
    kind: "not-the-token",
    next: "check the source of the alert: it may not have run since",
  },
  {
    when: "the file was damaged and services continue with the previous token",
    seen: { candidate: call("refused"), current: { sha256: OLD, call: call("ok") } },
    kind: "bad-candidate",
    next: "claude-fleet rollout platform --back",
  },
  {
    when: "the probe's own settings are wrong",
    seen: { candidate: call("unknown") },
    kind: "unknown",
    next: "check `claude`, `model` and `probe` of the token's gate, then run `claude-fleet diagnose` again",
  },
];

const findingOf = (seen: Evidence["host"], state?: AlertState) =>
  tokenFinding({ host: seen, alert: state }, { token: "platform", refresh: REFRESH });

describe("a rotation is needed when", () => {
  test.each(triggers)("$when", ({ seen, alert: state, kind, next }) => {
    const finding = findingOf(host(seen), state);
    expect(finding).toMatchObject({ kind, next, severity: FINDINGS[kind].severity });
    expect(FINDINGS[kind].rotate).toBe(true);
  });
});

describe("no new token is needed when", () => {
  test.each(nonTriggers)("$when", ({ seen, alert: state, kind, next }) => {
    const finding = findingOf(host(seen), state);
    expect(finding).toMatchObject({ kind, next });
    expect(FINDINGS[kind].rotate).toBe(kind === "bad-candidate");
  });
});

describe("a diagnosis", () => {
  it("says what is wrong with a container that exists and does not serve", () => {
    const trouble = "is not connected to the network front";
    const found = findingOf(host({ services: [service({ trouble })] }), undefined);
    expect(found.summary).toBe(`The token works, but backend-b2b ${trouble}.`);
    expect(found.evidence.join("\n")).toContain(`backend-b2b: ${trouble}`);
  });

  it("reaches every finding in these tables, except the finding of users alone", () => {
    const seen = new Set([...triggers, ...nonTriggers].map(({ kind }) => kind));
    const others = Object.keys(FINDINGS).filter((kind) => !seen.has(kind as FindingKind));
    expect(others).toEqual(["awaiting-login"]);
  });

  it("concludes nothing from a host that does not answer", () => {
    const finding = findingOf({ unreachable: "vps: it does not answer; check that the host is up." });
    expect(finding).toMatchObject({ kind: "unknown", severity: undefined });
    expect(finding.evidence).toEqual(["vps: it does not answer; check that the host is up."]);
  });

  it("never depends on the count of the failing refresh", () => {
    for (const { seen, alert: state, kind } of [...triggers, ...nonTriggers]) {
      if (seen.file?.kind === "login" || kind === "healthy" || kind === "refresh-noise") continue;
      const services = (seen.services ?? host().services).map((one) => ({
        ...one,
        lines: { ...(one.lines ?? NO_LINES), noise: 1000 },
      }));
      expect(findingOf(host({ ...seen, services }), state).kind, kind).toBe(kind);
    }
  });

  it("lists the observations, with counts and start times", () => {
    const seen = host({
      services: lines({ noise: 1, refused: 2 }),
      missing: ["The log of x could not be read."],
    });
    expect(findingOf(seen, alert("clear")).evidence).toEqual([
      `The file ${NEW.slice(0, 12)}: a call with its token succeeded.`,
      "A call through the gateway succeeded.",
      `backend-b2b: 2 lines refused since ${STARTED}; 1 line about the failing refresh since ${STARTED}; 3 lines paid for by the subscription since ${STARTED}.`,
      `backend-gateway: 3 lines paid for by the subscription since ${STARTED}.`,
      "Tasks that failed with 401 lately: 0.",
      "No billable fallback key is loaded.",
      "The alert reauth_required does not fire.",
      "The log of x could not be read.",
    ]);
  });
});

describe("a user's diagnosis", () => {
  const run = (found: string | null): AgentRun => ({
    user: "alice",
    workstation: "devvm",
    exitCode: 0,
    result: "success",
    class: found,
    paused: false,
    lines: [],
  });

  test.each<[string | null, FindingKind, string | undefined]>([
    ["ok", "healthy", undefined],
    ["awaiting-login", "awaiting-login", "claude-fleet login alice"],
    ["auth-dead", "dead", "claude-fleet login alice"],
    ["rejected", "dead", "claude-fleet login alice"],
    ["limit", "limit", "wait for the reset"],
    ["transient", "upstream", "claude-fleet check alice"],
    ["org-policy", "not-allowed", "ask the organisation's administrator"],
    ["tooling", "not-the-token", "do what the agent's last line says"],
    ["a-new-class", "unknown", "claude-fleet check alice"],
    [null, "unknown", "claude-fleet check alice"],
  ])("of class %s is %s", (found, kind, next) => {
    expect(userFinding(run(found))).toMatchObject({ kind, next, severity: undefined });
  });
});
