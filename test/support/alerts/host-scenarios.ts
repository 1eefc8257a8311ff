/** Stories of hosts: what must fire in each, and the look-alikes in which nothing may. */
import { BASE, host, live, MINUTE, type HostAt, type Scenario } from "./scenario.ts";
import { devvm, only, ofAlice } from "./story-parts.ts";

export const HOST_STORIES: readonly Scenario[] = [
  {
    title: "figures that are not rendered any more are told once a host, and not once a user",
    minutes: 1440,
    hosts: {
      devvm: (minute) => {
        const users = ["alice", "bob"].map((user) => frozen(user)(minute));
        return { now: BASE + Math.min(minute, 100) * MINUTE, users };
      },
    },
    firing: {
      100: [],
      115: [],
      125: only("ClaudeCollectorSilent", "warning", devvm),
      1440: only("ClaudeCollectorSilent", "warning", devvm),
    },
  },
  {
    title: "a damaged plan",
    minutes: 60,
    hosts: {
      devvm: (minute) => ({ now: BASE + minute * MINUTE, users: [], damagedPlans: minute < 10 ? 0 : 1 }),
    },
    firing: { 5: [], 20: [], 25: only("ClaudePlanDamaged", "warning", { instance: "devvm" }) },
  },
  {
    title: "a file that a user can change, until the repair replaces it",
    minutes: 60,
    hosts: {
      devvm: (minute) => ({
        now: BASE + minute * MINUTE,
        users: [],
        untrustedPaths: minute >= 10 && minute < 40 ? 1 : 0,
      }),
    },
    firing: {
      5: [],
      12: [],
      20: only("ClaudePathsUntrusted", "critical", { instance: "devvm" }),
      50: [],
    },
  },
  {
    title: "an hourly repair that fails once, then again and again, and in the end works",
    minutes: 500,
    hosts: {
      devvm: (minute) => repaired(minute, (hour) => (hour === 1 || [3, 4, 5].includes(hour) ? 1 : 0)),
    },
    firing: {
      65: [],
      125: [],
      265: [],
      275: only("ClaudeRepairFailing", "warning", { instance: "devvm" }),
      365: [],
    },
  },
  {
    title: "an hourly repair that does not run any more",
    minutes: 500,
    hosts: { devvm: (minute) => repaired(Math.min(minute, 60), () => 0, minute) },
    firing: { 240: [], 325: [], 340: only("ClaudeRepairFailing", "warning", { instance: "devvm" }) },
  },
  {
    title: "a user who is in the roster and not enrolled",
    minutes: 120,
    hosts: ofAlice({
      facts: (minute) => ({ enrolled: minute < 10, ...(minute < 10 ? {} : { status: "missing" as const }) }),
    }),
    firing: { 65: [], 70: only("ClaudeUserNotEnrolled", "warning") },
  },
  {
    title: "a timer that does not run, and one whose run is under way",
    minutes: 400,
    hosts: {
      devvm: host([
        live({ facts: (minute) => (minute >= 10 ? { nextRunAt: null } : {}) }),
        live({ user: "bob", facts: (minute) => (minute % 360 < 20 ? { nextRunAt: null } : {}) }),
      ]),
    },
    firing: { 65: [], 70: only("ClaudeTimerStopped", "warning"), 385: only("ClaudeTimerStopped", "warning") },
  },
  {
    title: "a status that cannot be believed, for longer than two intervals",
    minutes: 900,
    hosts: ofAlice({ facts: (minute) => (minute >= 10 ? { status: "symlink" } : {}) }),
    firing: { 700: [], 770: [], 780: only("ClaudeStatusUnreadable", "warning") },
  },
];

/** Figures that stay as they were at minute 100. */
function frozen(user: string) {
  const life = live({ user });
  const users = Array.from({ length: 101 }, (_, minute) => life(minute));
  return (minute: number) => {
    const facts = users[Math.min(minute, 100)];
    if (facts === undefined) throw new Error("The host is up.");
    return facts;
  };
}

/** Returns a host whose repair ran at the last full hour before `minute`. @param problems of the repair of each hour */
function repaired(minute: number, problems: (hour: number) => number, now = minute): HostAt {
  const hour = Math.floor(minute / 60);
  const hourlyRepair = { at: BASE + hour * 60 * MINUTE, mendedTotal: 0, problems: problems(hour) };
  return { now: BASE + now * MINUTE, users: [], hourlyRepair };
}
