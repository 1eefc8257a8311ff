/** Stories of logins: what must fire in each, and the look-alikes in which nothing may. */
import type { AgentStatus } from "../../../contract/agent-status.ts";
import { BASE, DAY, host, live, MINUTE, type Firing, type Scenario } from "./scenario.ts";
import { alice, devvm, only, failed, passing, backup, between, ofAlice } from "./story-parts.ts";

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
