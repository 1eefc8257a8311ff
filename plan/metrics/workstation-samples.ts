/** Renders the samples of a workstation. What is unknown has no sample. */
import { BACKUP_STATES, CLASSES, REASONS, SHARED_TOKEN } from "../../contract/agent-classes.ts";
import { UNREADABLE, type AgentStatus } from "../../contract/agent-status.ts";
import type { WorkstationStatus } from "../../contract/user-run.ts";
import { METRICS, type Credential, type Metric } from "./metric-table.ts";

/** What root knows about one user. Names come from the plan. The status is the claim of the user's agent. */
export type UserFacts = WorkstationStatus["users"][number] &
  Readonly<Record<"fleet" | "workstation", string>>;

/** What root knows about a workstation. Times are milliseconds since the epoch. */
export interface HostFacts {
  readonly now: number;
  readonly users: readonly UserFacts[];
  /** How many fleets have a recorded plan that cannot be read. */
  readonly damagedPlans: number;
  /** How many paths let others than root change what root runs or believes. */
  readonly untrustedPaths: number;
  /** Undefined: the hourly repair has not run yet. */
  readonly hourlyRepair: RepairFacts | undefined;
}

/** What a host records about its hourly repair. The host stores these keys. */
export interface RepairFacts {
  /** When the last repair ran, in milliseconds since the epoch. */
  readonly at: number;
  /** How many things all repairs have repaired. */
  readonly mendedTotal: number;
  /** How many things the last repair could not repair. */
  readonly problems: number;
}

/** A value of a metric, with the values of its labels. */
export interface Sample {
  readonly metric: Metric;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Returns every sample of the workstation, in no particular order. */
export function workstationSamples(facts: HostFacts): readonly Sample[] {
  const renewed = facts.users.filter((user) => user.renewed);
  return [
    ...facts.users.flatMap((user) => userSamples(user, facts.now)),
    ...UNREADABLE.map((reason) => ({
      metric: METRICS.unreadable,
      labels: { reason },
      value: renewed.filter(({ status }) => status === reason).length,
    })),
    { metric: METRICS.plansUnreadable, labels: {}, value: facts.damagedPlans },
    { metric: METRICS.untrustedPaths, labels: {}, value: facts.untrustedPaths },
    ...repairSamples(facts),
    { metric: METRICS.collected, labels: {}, value: facts.now / 1000 },
  ];
}

function repairSamples({ hourlyRepair, now }: HostFacts): readonly Sample[] {
  if (hourlyRepair === undefined) return [];
  return [
    { metric: METRICS.lastRepair, labels: {}, value: Math.min(hourlyRepair.at, now) / 1000 },
    { metric: METRICS.repaired, labels: {}, value: hourlyRepair.mendedTotal },
    { metric: METRICS.notRepaired, labels: {}, value: hourlyRepair.problems },
  ];
}

function userSamples(facts: UserFacts, now: number): readonly Sample[] {
  const { fleet, workstation, user, status } = facts;
  const sample = (
    metric: Metric,
    value: number | boolean | null,
    labels: Readonly<Record<string, string>> = {},
  ): readonly Sample[] =>
    value === null ? [] : [{ metric, labels: { fleet, workstation, user, ...labels }, value: Number(value) }];
  /** Limits the moment of a past event to now, so that a user's fast clock cannot hide that runs stopped. */
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

/** A run may also be named after its backup's state. */
const ALL_REASONS = { ...REASONS, ...BACKUP_STATES, [SHARED_TOKEN.reason]: SHARED_TOKEN };

function classOf(status: AgentStatus): { readonly class: string; readonly reason: string } {
  return {
    class: known(CLASSES, status.class, "unknown"),
    reason: known(ALL_REASONS, status.reason, "odd"),
  };
}

/** Replaces unknown words, so that a user who invents words cannot fill Prometheus with series. */
function known(table: object, word: string, otherwise: string): string {
  return Object.hasOwn(table, word) ? word : otherwise;
}
