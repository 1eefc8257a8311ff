/** What must be firing in which story, and the look-alikes in which nothing may. */
import type { AgentStatus } from "../../../contract/agent-status.ts";
import { BASE, DAY, host, live, MINUTE, type Firing, type Scenario } from "./scenario.ts";

const alice = { fleet: "prod", workstation: "devvm", user: "alice" };
const devvm = { fleet: "prod", workstation: "devvm" };
const only = (
  alert: string,
  severity: string,
  labels: Firing["labels"] = alice,
  value?: number,
): Firing[] => [{ alert, severity, labels, ...(value === undefined ? {} : { value }) }];

const failed = (runClass: string, reason: string): Partial<AgentStatus> => ({
  word: "FAIL",
  class: runClass,
  reason,
  exitCode: 10,
});
const passing = (runClass: string, reason: string): Partial<AgentStatus> => ({
  word: "WARN",
  class: runClass,
  reason,
});
const backup = (changes: Partial<AgentStatus["backup"]>): Partial<AgentStatus> => ({
  backup: { state: "unchanged", storedAt: BASE, matches: true, pendingSince: null, written: 1, ...changes },
});

/** One user whose runs say this from minute `from` until `until`, and are fine otherwise. */
const between =
  (from: number, until: number, outcome: Partial<AgentStatus> | ((minute: number) => Partial<AgentStatus>)) =>
  (minute: number): Partial<AgentStatus> => {
    if (minute < from || minute >= until) return {};
    return typeof outcome === "function" ? outcome(minute) : outcome;
  };

/** A story of alice alone. */
const ofAlice = (life: Parameters<typeof live>[0]): NonNullable<Scenario["hosts"]> => ({
  devvm: host([live(life)], life.ahead),
});

/** What a run of this outcome raises, at once and until the next run is fine. */
const OUTCOMES: readonly (readonly [
  user: string,
  outcome: Partial<AgentStatus>,
  alert?: string,
  severity?: string,
])[] = [
  ["dead", failed("auth-dead", "blanked"), "ClaudeLoginDead", "critical"],
  ["rejected", failed("rejected", "after-rotation"), "ClaudeLoginDead", "critical"],
  ["forbidden", failed("org-policy", "not-allowed"), "ClaudeOrganisationRefuses", "critical"],
  ["full", failed("tooling", "not-storable"), "ClaudeToolingBroken", "warning"],
  ["shared", { word: "FAIL", reason: "shared-token", exitCode: 24 }, "ClaudeSharedToken", "warning"],
  [
    "other",
    { word: "FAIL", reason: "identity-mismatch", ...backup({ state: "identity-mismatch" }) },
    "ClaudeIdentityMismatch",
    "critical",
  ],
  [
    "moved",
    { word: "FAIL", reason: "foreign", ...backup({ state: "foreign" }) },
    "ClaudeBackupForeign",
    "warning",
  ],
  [
    "refused",
    { word: "FAIL", reason: "refused", vaultTokenExpiresAt: null, ...backup({ state: "refused" }) },
    "ClaudeVaultRefused",
    "warning",
  ],
  ["slow", passing("transient", "api")],
  ["limited", passing("limit", "usage")],
];

const raised: readonly Firing[] = OUTCOMES.flatMap(([user, , alert, severity]) =>
  alert === undefined || severity === undefined ? [] : only(alert, severity, { ...alice, user }),
);

export const LOGIN_STORIES: readonly Scenario[] = [
  {
    title: "each failure raises its own alert at once, passing trouble none, and a run that is fine ends it",
    minutes: 760,
    hosts: {
      devvm: host(OUTCOMES.map(([user, outcome]) => live({ user, run: between(360, 720, outcome) }))),
    },
    firing: { 355: [], 360: raised, 715: raised, 720: [] },
  },
  {
    title: "a usage limit that lasts, and becomes three days without a proof",
    minutes: 3 * 1440 + 100,
    hosts: ofAlice({ run: between(360, 9999, passing("limit", "usage")), loginExpiresAt: BASE + 40 * DAY }),
    firing: {
      // The first run that failed ended at 360; the last success is from the beginning.
      [360 + 1435]: [],
      [360 + 1440]: only("ClaudeTroubleLasts", "warning"),
      [3 * 1440 + 55]: only("ClaudeTroubleLasts", "warning"),
      [3 * 1440 + 60]: [...only("ClaudeTroubleLasts", "warning"), ...only("ClaudeNoSuccess", "critical")],
    },
  },
  {
    title: "a login that comes back from Vault",
    minutes: 500,
    hosts: ofAlice({
      run: between(360, 720, { reason: "restored", restores: 1, lastRestoreAt: BASE + 360 * MINUTE }),
    }),
    firing: {
      355: [],
      360: only("ClaudeLoginRestored", "info"),
      415: only("ClaudeLoginRestored", "info"),
      420: [],
    },
  },
  {
    title: "four logins that die within an hour are one incident, as long as many are dead",
    minutes: 1200,
    hosts: {
      devvm: host(
        ["alice", "bob", "carol", "dan"].map((user, index) =>
          live({
            user,
            extra: [370 + 10 * index, 900 + 10 * index],
            run: between(361, 900, failed("auth-dead", "refused")),
          }),
        ),
      ),
    },
    firing: {
      370: only("ClaudeLoginDead", "critical"),
      380: [
        ...only("ClaudeLoginDead", "critical"),
        ...only("ClaudeLoginDead", "critical", { ...alice, user: "bob" }),
      ],
      390: only("ClaudeLoginsDying", "critical", { fleet: "prod" }, 3),
      400: only("ClaudeLoginsDying", "critical", { fleet: "prod" }, 4),
      890: only("ClaudeLoginsDying", "critical", { fleet: "prod" }, 4),
      // Two have logged in again: what is left are two single logins.
      915: [
        ...only("ClaudeLoginDead", "critical", { ...alice, user: "carol" }),
        ...only("ClaudeLoginDead", "critical", { ...alice, user: "dan" }),
      ],
      940: [],
    },
  },
  {
    title: "three logins that die on three days are three",
    minutes: 2 * 1440 + 400,
    hosts: {
      devvm: host(
        ["alice", "bob", "carol"].map((user, index) =>
          live({ user, run: between(360 + index * 1440, 9999, failed("auth-dead", "refused")) }),
        ),
      ),
    },
    firing: {
      [360 + 2 * 1440]: ["alice", "bob", "carol"].flatMap((user) =>
        only("ClaudeLoginDead", "critical", { ...alice, user }),
      ),
    },
  },
  {
    title: "a Vault that is away is told once a host, after an hour",
    minutes: 800,
    hosts: {
      devvm: host(
        ["alice", "bob"].map((user) =>
          live({
            user,
            run: between(360, 720, {
              word: "WARN",
              ...backup({ state: "pending", pendingSince: BASE + 360 * MINUTE }),
            }),
          }),
        ),
      ),
    },
    firing: {
      360: [],
      415: [],
      420: only("ClaudeVaultAway", "warning", devvm, 2),
      720: [],
    },
  },
  {
    title: "who is paused, or has never logged in, or is not renewed, alarms nobody",
    minutes: 1440,
    hosts: {
      devvm: host([
        live({
          user: "paused",
          run: () => failed("auth-dead", "blanked"),
          facts: () => ({ paused: true, nextRunAt: null }),
        }),
        live({
          user: "new",
          run: () => ({
            word: "INFO",
            class: "awaiting-login",
            reason: "no-login",
            kind: null,
            loginExpiresAt: null,
          }),
          extra: [0],
        }),
        live({ user: "guest", facts: () => ({ renewed: false, enrolled: false, status: "no-account" }) }),
      ]),
    },
    firing: { 360: [], 1440: [] },
  },
];

export const TIME_STORIES: readonly Scenario[] = [
  {
    title: "a login is announced a week, three days and a day before its end, one step at a time",
    minutes: 300,
    hosts: ofAlice({
      every: 5,
      run: (minute) => ({
        loginExpiresAt:
          minute < 100
            ? BASE + 7 * DAY + 50 * MINUTE
            : minute < 200
              ? BASE + 3 * DAY + 150 * MINUTE
              : BASE + DAY + 250 * MINUTE,
      }),
    }),
    firing: {
      50: [],
      55: only("ClaudeLoginExpiring", "info"),
      150: only("ClaudeLoginExpiring", "info"),
      155: only("ClaudeLoginExpiring", "warning"),
      250: only("ClaudeLoginExpiring", "warning"),
      255: only("ClaudeLoginExpiring", "critical"),
      300: only("ClaudeLoginExpiring", "critical"),
    },
  },
  {
    title: "a login that is dead is not announced to end, too",
    minutes: 400,
    hosts: ofAlice({ loginExpiresAt: BASE + 2 * DAY, run: between(360, 9999, failed("auth-dead", "gone")) }),
    firing: { 300: only("ClaudeLoginExpiring", "warning"), 360: only("ClaudeLoginDead", "critical") },
  },
  {
    title: "a new login ends the announcement of the old one's end",
    minutes: 500,
    hosts: ofAlice({
      loginExpiresAt: BASE + 2 * DAY,
      extra: [100],
      run: (minute) => (minute >= 100 ? { loginExpiresAt: BASE + 30 * DAY } : {}),
    }),
    firing: { 95: only("ClaudeLoginExpiring", "warning"), 100: [], 500: [] },
  },
  {
    title: "a setup-token is announced a month and a week before its end",
    minutes: 130,
    hosts: {
      devvm: host([
        live({
          user: "alice",
          every: 5,
          run: (minute) => ({
            kind: "setup-token",
            loginExpiresAt: minute < 60 ? BASE + 31 * DAY : BASE + (minute < 120 ? 29 : 6) * DAY,
          }),
          loginExpiresAt: null,
        }),
      ]),
    },
    firing: {
      55: [],
      65: only("ClaudeSetupTokenExpiring", "warning"),
      125: only("ClaudeSetupTokenExpiring", "critical"),
    },
  },
  {
    title: "a Vault token that no run renews is told below half of its period, an hour later",
    minutes: 1600,
    hosts: ofAlice({
      run: () => ({ vaultTokenExpiresAt: BASE + 17 * DAY }),
      loginExpiresAt: BASE + 60 * DAY,
    }),
    firing: {
      1440: [],
      1500: [],
      1505: only("ClaudeVaultTokenNotRenewed", "warning"),
    },
  },
  {
    title: "a holiday with a valid login: the runs go on, and nothing is said",
    minutes: 4 * 1440,
    hosts: ofAlice({}),
    firing: Object.fromEntries(Array.from({ length: 4 }, (_, day) => [day * 1440 + 700, []])),
  },
  {
    title: "a login that works and is never refreshed is told after three days",
    minutes: 3 * 1440 + 100,
    hosts: ofAlice({ run: () => ({ lastRefreshProvenAt: BASE }) }),
    firing: {
      [3 * 1440 + 55]: [],
      [3 * 1440 + 60]: only("ClaudeNoRefreshProven", "warning"),
    },
  },
  {
    title: "a setup-token needs no refresh",
    minutes: 3 * 1440 + 100,
    hosts: ofAlice({
      run: () => ({ kind: "setup-token", lastRefreshProvenAt: BASE, loginExpiresAt: BASE + 300 * DAY }),
      extra: [0],
    }),
    firing: { [3 * 1440 + 100]: [] },
  },
  {
    title: "an agent that stops is missed after two intervals, an hour later",
    minutes: 1440,
    hosts: ofAlice({
      every: 360,
      up: () => true,
      run: () => ({}),
      facts: (minute) => (minute > 300 ? stopped() : {}),
    }),
    firing: {
      765: [],
      820: [],
      830: only("ClaudeAgentNotRun", "warning"),
      1440: only("ClaudeAgentNotRun", "warning"),
    },
  },
  {
    title: "a weekend off is told of the workstation alone, and Monday's boot raises nothing",
    minutes: 4 * 1440,
    hosts: ofAlice({
      up: (minute) => minute < 1000 || minute > 1000 + 2.5 * 1440,
      loginExpiresAt: BASE + 60 * DAY,
    }),
    firing: {
      1000: [],
      1020: [],
      1040: only("ClaudeWorkstationSilent", "critical", devvm),
      [1000 + 2 * 1440]: only("ClaudeWorkstationSilent", "critical", devvm),
      [1000 + 2.5 * 1440 + 5]: [],
      [1000 + 2.5 * 1440 + 10]: [],
      [1000 + 2.5 * 1440 + 90]: [],
      [4 * 1440]: [],
    },
  },
  {
    title: "a reboot raises nothing",
    minutes: 200,
    hosts: ofAlice({ up: (minute) => minute < 100 || minute > 110 }),
    firing: { 100: [], 105: [], 115: [], 120: [], 130: [], 200: [] },
  },
  {
    title: "a clock that is a day ahead, and is then set right, raises nothing",
    minutes: 1440,
    hosts: ofAlice({ ahead: (minute) => (minute < 700 ? DAY : 0) }),
    firing: { 355: [], 695: [], 700: [], 715: [], 760: [], 1440: [] },
  },
  {
    title: "a clock that jumps a day ahead raises nothing: the timer runs at once",
    minutes: 900,
    hosts: ofAlice({ ahead: (minute) => (minute < 700 ? 0 : DAY), extra: [705] }),
    firing: { 695: [], 700: [], 715: [], 770: [], 900: [] },
  },
];

function stopped() {
  const status = live({})(0)?.status;
  return status === undefined ? {} : { status };
}

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
