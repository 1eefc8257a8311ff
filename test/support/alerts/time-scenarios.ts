/** Stories of times that end or pass: what must fire in each, and the look-alikes in which nothing may. */
import { BASE, DAY, host, live, MINUTE, type Scenario } from "./scenario.ts";
import { devvm, only, failed, between, ofAlice } from "./story-parts.ts";

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
