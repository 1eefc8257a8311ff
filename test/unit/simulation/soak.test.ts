/** Five weeks of one login, with timers, sessions and two outages of Vault. The sign-in ends, and the user signs in again. */
import { expect, test } from "vitest";
import { agentStatus } from "../../../contract/agent-status.ts";
import type { ClaudeVersion } from "../../support/simulation/claude-texts.ts";
import { EMAIL, LOGIN_FILE, PLACES } from "../../support/simulation/places.ts";
import { Random } from "../../support/simulation/random.ts";
import { refreshTokenIn } from "../../support/simulation/tokens.ts";
import { Workstation } from "../../support/simulation/workstation.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DAYS = 35;
const LOGIN_DAYS = 30;
/** Outages of Vault, in days since the beginning. */
const OUTAGES = [
  { mood: "unreachable", from: 5.1, to: 6 },
  { mood: "sealed", from: 17.3, to: 17.8 },
] as const;
const SIGNS_IN_AGAIN = 33;

test.each(["2.1.330", "2.1.197"] as const)("%s", async (version) => {
  const host = await soak(version);
  const { truth, server, runs, kernel } = host;
  const start = runs[0]?.startedAt ?? 0;
  const day = (at: number) => (at - start) / DAY;
  const reports = runs.flatMap(({ startedAt, end }) =>
    end?.report === undefined ? [] : [{ day: day(startedAt), ...end.report }],
  );
  const failures = reports.filter(({ word }) => word === "FAIL");
  // The access token outlives the sign-in by some hours, then its refresh is refused.
  expect(failures.length).toBeGreaterThan(0);
  for (const failure of failures) {
    expect(failure).toMatchObject({ class: "auth-dead" });
    expect(failure.day).toBeGreaterThanOrEqual(LOGIN_DAYS);
    expect(failure.day).toBeLessThan(SIGNS_IN_AGAIN + 0.1);
  }
  expect(failures[0]?.day).toBeLessThan(LOGIN_DAYS + 0.8);
  expect(reports.at(-1)).toMatchObject({ word: "OK", class: "ok", backup: "unchanged" });

  for (const { from, to } of OUTAGES) {
    const during = reports.filter((report) => report.day > from && report.day < to);
    expect(during.map(({ class: c }) => c).filter((c) => c !== "ok" && c !== "backup")).toEqual([]);
    expect(during.some(({ backup, word }) => backup === "pending" && word === "WARN")).toBe(true);
  }
  truth.checkServer();
  expect(truth.violations).toEqual([]);
  expect(server.sent.filter(({ usedUp }) => usedUp !== undefined)).toEqual([]);
  expect(server.refreshes).toBeGreaterThan(60);
  expect(day(kernel.now)).toBeGreaterThan(DAYS - 0.1);
});

/** Runs the weeks, and checks the agent's status after each run. */
async function soak(version: ClaudeVersion): Promise<Workstation> {
  const random = new Random(35);
  const host = new Workstation(random.fork(), { agent: version, sessions: version });
  const { kernel, disk, vault, server } = host;
  host.signIn(EMAIL);
  const start = kernel.now;
  const at = (days: number, run: () => void) => kernel.at(start + days * DAY, run);
  for (const { mood, from, to } of OUTAGES) {
    at(from, () => (vault.mood = mood));
    at(to, () => (vault.mood = "up"));
  }
  at(SIGNS_IN_AGAIN, () => host.signIn(EMAIL));
  for (let session = 0; session < DAYS * 6; session++) at(random.next() * DAYS, () => host.startSession());
  for (let mcp = 0; mcp < DAYS; mcp++) at(random.next() * DAYS, () => host.storeMcp());
  for (let timer = 0; timer < DAYS * 4; timer++) {
    await kernel.pass(start + (timer / 4) * DAY + random.next() * HOUR - kernel.now + 1000);
    const { process } = host.startAgent("run");
    await kernel.runUntil(() => !process.alive, kernel.now + 2 * HOUR);
    const status = agentStatus.parse(JSON.parse(disk.text(PLACES.status) ?? ""));
    const grant = server.grants.at(-1);
    const token = refreshTokenIn(disk.text(LOGIN_FILE));
    // Announced from the first day on, also by a CLI that drops it from the file when it refreshes.
    if (token !== undefined && server.isLive(token)) {
      expect(Math.abs((status.loginExpiresAt ?? 0) - (grant?.endsAt ?? 0))).toBeLessThan(1000);
      expect(status.loginExpiryEstimated).toBe(false);
    }
  }
  await kernel.pass(start + DAYS * DAY - kernel.now);
  return host;
}
