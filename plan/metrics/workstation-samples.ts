/** Turns what is known about the users of a host into samples; says nothing that is not known. */
import { BACKUP_STATES, CLASSES, REASONS, SHARED_TOKEN } from "../../contract/agent-classes.ts";
import { UNREADABLE, type AgentStatus, type Unreadable } from "../../contract/agent-status.ts";
import { METRICS, type Credential, type Metric } from "./table.ts";

/** What is known about one user. Names are the plan's; the status is the user's word about themselves alone. */
export interface UserFacts {
  readonly fleet: string;
  readonly workstation: string;
  readonly user: string;
  readonly renewed: boolean;
  readonly enrolled: boolean;
  readonly paused: boolean;
  /** Milliseconds since the epoch; null when the timer does not run. */
  readonly nextRunAt: number | null;
  readonly status: AgentStatus | Unreadable;
}

/** What is known about a host. Times in milliseconds since the epoch. */
export interface HostFacts {
  readonly now: number;
  readonly users: readonly UserFacts[];
  /** Fleets whose recorded plan could not be read. */
  readonly damagedPlans: number;
  /** Undefined: there was no re-assertion yet. */
  readonly asserted: AssertFacts | undefined;
}

/** What a host keeps of its re-assertions. */
export interface AssertFacts {
  /** When the last one was, in milliseconds since the epoch. */
  readonly at: number;
  /** Things that have ever been mended. */
  readonly mendedTotal: number;
  /** What the last one could not mend. */
  readonly problems: number;
}

/** One value of a metric, with the values of its labels. */
export interface Sample {
  readonly metric: Metric;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Every sample of the host, in no particular order. */
export function workstationSamples(facts: HostFacts): readonly Sample[] {
  const renewed = facts.users.filter((user) => user.renewed);
  return [
    ...facts.users.flatMap((user) => userFigures(user, facts.now)),
    ...UNREADABLE.map((reason) => ({
      metric: METRICS.unreadable,
      labels: { reason },
      value: renewed.filter(({ status }) => status === reason).length,
    })),
    { metric: METRICS.plansUnreadable, labels: {}, value: facts.damagedPlans },
    ...assertFigures(facts),
    { metric: METRICS.collected, labels: {}, value: facts.now / 1000 },
  ];
}

function assertFigures({ asserted, now }: HostFacts): readonly Sample[] {
  if (asserted === undefined) return [];
  return [
    { metric: METRICS.asserted, labels: {}, value: Math.min(asserted.at, now) / 1000 },
    { metric: METRICS.mended, labels: {}, value: asserted.mendedTotal },
    { metric: METRICS.notMended, labels: {}, value: asserted.problems },
  ];
}

function userFigures(facts: UserFacts, now: number): readonly Sample[] {
  const { fleet, workstation, user, status } = facts;
  const sample = (
    metric: Metric,
    value: number | boolean | null,
    labels: Readonly<Record<string, string>> = {},
  ): readonly Sample[] =>
    value === null ? [] : [{ metric, labels: { fleet, workstation, user, ...labels }, value: Number(value) }];
  /** A moment that has been: a clock that goes ahead must not hide that nothing happens any more. */
  const past = (milliseconds: number | null) => milliseconds && Math.min(milliseconds, now) / 1000;
  const moment = (milliseconds: number | null) => milliseconds && milliseconds / 1000;

  const own = sample(METRICS.renewed, facts.renewed);
  if (!facts.renewed) return own;
  const always = [
    ...own,
    ...sample(METRICS.enrolled, facts.enrolled),
    ...sample(METRICS.paused, facts.paused),
    ...sample(METRICS.nextRun, moment(facts.nextRunAt)),
    ...sample(METRICS.readable, typeof status !== "string"),
  ];
  if (typeof status === "string") return always;

  const expiry = (credential: Credential, at: number | null) =>
    sample(METRICS.expiry, moment(at), { credential });
  const version = status.claude !== null && /^\d{1,4}\.\d{1,4}\.\d{1,5}$/.test(status.claude);
  return [
    ...always,
    ...sample(METRICS.lastRun, past(status.ranAt)),
    ...sample(METRICS.lastSuccess, past(status.lastSuccessAt)),
    ...sample(METRICS.lastRefresh, past(status.lastRefreshProvenAt)),
    ...sample(METRICS.class, 1, classOf(status)),
    ...sample(METRICS.exitCode, status.exitCode),
    ...sample(METRICS.awaitingLogin, status.class === "awaiting-login"),
    ...sample(METRICS.failingSince, past(status.failingSince)),
    ...expiry("access-token", status.accessExpiresAt),
    ...(status.kind === null ? [] : expiry(status.kind, status.loginExpiresAt)),
    ...expiry("vault-token", status.vaultTokenExpiresAt),
    ...(status.loginExpiresAt === null ? [] : sample(METRICS.expiryEstimated, status.loginExpiryEstimated)),
    ...(version ? sample(METRICS.claude, 1, { version: status.claude ?? "" }) : []),
    ...sample(METRICS.backupState, 1, { state: known(BACKUP_STATES, status.backup.state, "none") }),
    ...sample(METRICS.backupStored, past(status.backup.storedAt)),
    ...sample(METRICS.backupMatches, status.backup.matches),
    ...sample(METRICS.backupPending, past(status.backup.pendingSince)),
    ...sample(METRICS.backups, status.backup.written),
    ...sample(METRICS.restores, status.restores),
    ...sample(METRICS.lastRestore, past(status.lastRestoreAt)),
  ];
}

/** What makes a report's word may be the backup's state, too. */
const ALL_REASONS = { ...REASONS, ...BACKUP_STATES, [SHARED_TOKEN.reason]: SHARED_TOKEN };

function classOf(status: AgentStatus): { readonly class: string; readonly reason: string } {
  return {
    class: known(CLASSES, status.class, "unknown"),
    reason: known(ALL_REASONS, status.reason, "odd"),
  };
}

/** Closed sets alone: a user who invents a word a minute must not fill Prometheus with series. */
function known(table: object, word: string, otherwise: string): string {
  return Object.hasOwn(table, word) ? word : otherwise;
}
