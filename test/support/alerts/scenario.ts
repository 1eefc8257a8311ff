/** A fleet over time, as its hosts' figures show it minute by minute, and what must be firing when. */
import type { AgentStatus } from "../../../contract/agent-status.ts";
import type { RepairFacts, UserFacts } from "../../../plan/metrics/workstation-samples.ts";
import type { FleetStatus } from "../../../plan/status/rows.ts";

/** Minutes between two scrapes, and two evaluations. */
export const STEP = 5;

export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The first minute's moment, far enough from the epoch for things to have happened before. */
export const BASE = 200 * DAY;

/** A host's figures at one minute. */
export interface HostAt {
  /** By the host's clock, in milliseconds since the epoch. */
  readonly now: number;
  readonly users: readonly UserFacts[];
  readonly damagedPlans?: number;
  readonly untrustedPaths?: number;
  readonly hourlyRepair?: RepairFacts;
}

/** An alert that must be firing. Labels without the severity. */
export interface Firing {
  readonly alert: string;
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What `{{ $value }}` stands for. */
  readonly value?: number;
}

export interface Scenario {
  readonly title: string;
  /** Length in minutes. */
  readonly minutes: number;
  /** Hosts by instance; one that is undefined at a minute is not scraped then. */
  readonly hosts?: Readonly<Record<string, (minute: number) => HostAt | undefined>>;
  /** What `claude-fleet status` found at a minute. */
  readonly status?: (minute: number) => FleetStatus | undefined;
  /** Everything that is firing at some minutes; whatever is not named is not. */
  readonly firing: Readonly<Record<number, readonly Firing[]>>;
}

/** How one agent lives: what its runs find, and what lies around it. */
export interface Life {
  readonly user?: string;
  readonly workstation?: string;
  /** Minutes between runs. */
  readonly every?: number;
  /** Whether the host is up; a run that was missed is made up for. */
  readonly up?: (minute: number) => boolean;
  /** What the run at this minute says; the rest follows from it. */
  readonly run?: (minute: number) => Partial<AgentStatus>;
  /** Minutes at which there is a run beside the timer's. */
  readonly extra?: readonly number[];
  /** Milliseconds that the host's clock is ahead. */
  readonly ahead?: (minute: number) => number;
  /** When the login ends. */
  readonly loginExpiresAt?: number | null;
  readonly facts?: (minute: number) => Partial<UserFacts>;
}

/** Figures of an agent's user, by minute. */
export function live({
  user = "alice",
  workstation = "devvm",
  every = 360,
  up = () => true,
  run = () => ({}),
  extra = [],
  ahead = () => 0,
  loginExpiresAt = BASE + 30 * DAY,
  facts = () => ({}),
}: Life): (minute: number) => UserFacts | undefined {
  let status = afterRun(undefined, BASE + ahead(0), { loginExpiresAt });
  let due = every;
  const seen = new Map<number, UserFacts | undefined>();
  let next = 0;
  return (minute) => {
    for (; next <= minute; next++) {
      const now = BASE + next * MINUTE + ahead(next);
      if (up(next) && (next >= due || extra.includes(next))) {
        status = afterRun(status, now, { loginExpiresAt, ...run(next) });
        if (next >= due) due = next + every - (next % every);
      }
      seen.set(next, up(next) ? { ...factsOf(user, workstation, status, now), ...facts(next) } : undefined);
    }
    return seen.get(minute);
  };
}

function factsOf(user: string, workstation: string, status: AgentStatus, now: number): UserFacts {
  const known = { fleet: "prod", workstation, user, renewed: true, enrolled: true, paused: false };
  return { ...known, nextRunAt: now + HOUR, status };
}

/** The status after a run that says `outcome`. */
function afterRun(before: AgentStatus | undefined, now: number, outcome: Partial<AgentStatus>): AgentStatus {
  const word = outcome.word ?? "OK";
  const proven = (outcome.class ?? "ok") === "ok";
  const fine = proven && word !== "FAIL";
  return {
    ...{ version: 1, fleet: "prod", ranAt: now, word, class: "ok", reason: "proven", why: "", exitCode: 0 },
    ...{ claude: "2.1.330", kind: "login", accessExpiresAt: now + 8 * HOUR, loginExpiresAt: null },
    ...{ loginExpiryEstimated: false, vaultTokenExpiresAt: now + 32 * DAY, restores: 0, lastRestoreAt: null },
    backup: { state: "unchanged", storedAt: now, matches: true, pendingSince: null, written: 1 },
    lastSuccessAt: proven ? now : (before?.lastSuccessAt ?? null),
    lastRefreshProvenAt: proven ? now : (before?.lastRefreshProvenAt ?? null),
    failingSince: fine ? null : (before?.failingSince ?? now),
    ...outcome,
  };
}

/** A host with the users of these lives; a host is down when all of them say so. */
export function host(
  lives: readonly ((minute: number) => UserFacts | undefined)[],
  ahead: (minute: number) => number = () => 0,
): (minute: number) => HostAt | undefined {
  return (minute) => {
    const users = lives.map((life) => life(minute)).filter((one) => one !== undefined);
    return users.length === 0 ? undefined : { now: BASE + minute * MINUTE + ahead(minute), users };
  };
}
