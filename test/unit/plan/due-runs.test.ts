/** Which runs root starts because access tokens end soon, and when. */
import { describe, expect, test } from "vitest";
import { REFRESH_WINDOW_MS } from "../../../claude/refresh-window.ts";
import { dueRuns, dueUsers, type DueUser } from "../../../plan/due-runs.ts";
import type { UserFacts } from "../../../plan/metrics/workstation-samples.ts";
import { agentStatusWith } from "../../support/fakes/status.ts";

const NOW = Date.UTC(2030, 0, 1);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

function facts(accessExpiresAt: number | null, changes: Partial<UserFacts> = {}): UserFacts {
  return {
    ...{ fleet: "dev", workstation: "devvm", user: "alice" },
    ...{ renewed: true, enrolled: true, paused: false, nextRunAt: NOW + HOUR },
    status: agentStatusWith({ kind: "login", accessExpiresAt }),
    ...changes,
  };
}
const isDue = (user: UserFacts) => dueUsers([user], NOW).length === 1;
/** The end of a token that enters the refresh window in this time. */
const entersIn = (milliseconds: number) => NOW + REFRESH_WINDOW_MS + milliseconds;

describe("a user has a run", () => {
  test.each([
    ["whose token enters the refresh window before the next minute", facts(entersIn(40 * SECOND))],
    ["whose token ends in a minute", facts(NOW + MINUTE)],
    ["whose token ended while the host slept", facts(NOW - 9 * HOUR)],
  ])("%s", (_, user) => {
    expect(isDue(user)).toBe(true);
  });
  const ending = NOW + MINUTE;
  test.each([
    ["not when the token enters the window later", facts(entersIn(2 * MINUTE))],
    ["not without a login", facts(null)],
    ["not who is paused", facts(ending, { paused: true })],
    ["not who is not enrolled", facts(ending, { enrolled: false })],
    ["not who is not renewed", facts(ending, { renewed: false })],
    ["not whose timer is stopped", facts(ending, { nextRunAt: null })],
    ["not whose status root refuses", facts(ending, { status: "shape" })],
    [
      "not with a setup-token",
      facts(ending, { status: agentStatusWith({ kind: "setup-token", accessExpiresAt: ending }) }),
    ],
  ])("%s", (_, user) => {
    expect(isDue(user)).toBe(false);
  });
});

const due = (user: string, dueAt: number): DueUser => ({ fleet: "dev", user, dueAt });
/** The users and the seconds of their starts. */
const starts = (users: readonly DueUser[], last: Readonly<Record<string, number>> = {}, now = NOW) =>
  dueRuns(users, now, (user) => last[user]).map(({ user, startAt }) => [user, (startAt - now) / SECOND]);

test("a run starts at the moment when its token enters the window", () => {
  expect(starts([due("bob", NOW + 30 * SECOND), due("alice", NOW + 12 * SECOND)])).toEqual([
    ["alice", 12],
    ["bob", 30],
  ]);
});

test("the collector of each minute starts the runs of its own minute alone", () => {
  expect(starts([due("alice", NOW + 55 * SECOND)])).toEqual([]);
});

test("users whose tokens ended together start one after the other, who ran longest ago first", () => {
  const users = Array.from({ length: 200 }, (_, index) => due(`user${index}`, NOW - HOUR));
  const last = Object.fromEntries(users.map(({ user }, index) => [user, NOW - 2 * HOUR - index]));
  const first = starts(users, last);
  expect(first.slice(0, 3)).toEqual([
    ["user199", 0],
    ["user198", 4],
    ["user197", 8],
  ]);
  expect(first.length).toBe(13);
  // Each minute has its own thirteen, until all have run.
  let minute = 0;
  const waiting = new Set(users.map(({ user }) => user));
  for (; waiting.size > 0; minute++) {
    const now = NOW + minute * MINUTE;
    for (const [user, seconds] of starts(
      users.filter(({ user }) => waiting.has(user)),
      last,
      now,
    )) {
      last[String(user)] = now + Number(seconds) * SECOND;
      waiting.delete(String(user));
    }
  }
  expect(minute).toBe(16);
});

test("a run without a refresh is repeated, each time after twice as long", () => {
  const opened = NOW;
  const runs: number[] = [];
  for (let minute = 0; minute < 8 * 60; minute++) {
    const now = NOW + minute * MINUTE;
    const last = runs.at(-1);
    const [start] = starts([due("alice", opened)], last === undefined ? {} : { alice: last }, now);
    if (start !== undefined) runs.push(now + Number(start[1]) * SECOND);
  }
  expect(runs.map((at) => (at - opened) / MINUTE)).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256]);
});

test("a user who claims false ends of tokens runs once a minute, and delays another user by at most a minute", () => {
  const liars = Array.from({ length: 50 }, (_, index) => `liar${index}`);
  const last: Record<string, number> = { alice: NOW - 3 * HOUR };
  const counts: Record<string, number> = {};
  const opened = NOW + 10 * MINUTE + 30 * SECOND;
  let alice: number | undefined;
  for (let minute = 0; minute < 30; minute++) {
    const now = NOW + minute * MINUTE;
    const honest = alice === undefined ? [due("alice", opened)] : [];
    for (const { user, startAt } of dueRuns(
      [...liars.map((user) => due(user, now - 1)), ...honest],
      now,
      (user) => last[user],
    )) {
      if (user === "alice") alice = startAt;
      expect(startAt - (last[user] ?? -Infinity)).toBeGreaterThanOrEqual(MINUTE);
      last[user] = startAt;
      counts[user] = (counts[user] ?? 0) + 1;
    }
  }
  expect((alice ?? Infinity) - opened).toBeLessThanOrEqual(MINUTE);
  for (const liar of liars) expect(counts[liar]).toBeLessThanOrEqual(30);
});

test("a start that lies in the future counts as none: the clock was set back", () => {
  expect(starts([due("alice", NOW - MINUTE)], { alice: NOW + 365 * 24 * HOUR })).toEqual([["alice", 0]]);
});

test("a run shortly before the window does not take the place of the run in it", () => {
  expect(starts([due("alice", NOW)], { alice: NOW - 2 * MINUTE })).toEqual([["alice", 0]]);
});
