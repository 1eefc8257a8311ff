/** Decides the condition of a user's renewal, and what a person has to do about it. */
import { SHARED_TOKEN } from "../../contract/agent-classes.ts";
import type { AgentStatus, Unreadable } from "../../contract/agent-status.ts";
import type { WorkstationStatus } from "../../contract/user-run.ts";
import { fromHost } from "../../lib/printable.ts";
import type { FleetPlan, UserPlan } from "../model.ts";
import { ALERT_THRESHOLDS, silentFor, vaultTokenLeft } from "../monitoring/alert-thresholds.ts";
import { span } from "./durations.ts";
import type { Answer, Condition, UserRow } from "./rows.ts";

type ReportedUser = WorkstationStatus["users"][number];
type Settings = Pick<FleetPlan, "renewal" | "vault">;

/** Returns the row of one user. */
export function userRow(settings: Settings, user: UserPlan, answer: Answer<WorkstationStatus>): UserRow {
  const found = answer.kind === "seen" ? answer.found : undefined;
  const reported = found?.users.find((candidate) => candidate.user === user.name);
  const status = typeof reported?.status === "object" ? reported.status : null;
  return {
    ...conditionOf(settings, user, reported, found?.now),
    user: user.name,
    workstation: user.workstation,
    now: found?.now ?? null,
    nextRunAt: reported?.nextRunAt ?? null,
    status,
  };
}

function conditionOf(
  settings: Settings,
  user: UserPlan,
  reported: ReportedUser | undefined,
  now: number | undefined,
): Condition {
  if (!user.renewal) return condition("not-renewed", "the roster says renewal: false");
  if (now === undefined) return condition("unknown", "the workstation did not answer");
  if (reported?.renewed !== true || !reported.enrolled) {
    return condition("person", "is in the roster but not enrolled", "npx pulumi up");
  }
  if (reported.paused) {
    return condition("paused", "paused by an operator", `npx claude-fleet resume ${user.name}`);
  }
  if (typeof reported.status === "string") return unreadable(reported.status, user, reported);
  return worst(problemsOf(settings, user, reported, reported.status, now));
}

/** Returns every problem of the user, in the order in which a person should repair them. */
function problemsOf(
  { renewal, vault }: Settings,
  user: UserPlan,
  reported: ReportedUser,
  status: AgentStatus,
  now: number,
): readonly Condition[] {
  return [
    stoppedTimer(reported),
    silence(status, user, now, silentFor(renewal)),
    lastRun(status, user),
    expiry(status, user, now),
    lasting(status, user, now),
    vaultTrouble(status, now, vaultTokenLeft(vault.tokenPeriodSeconds)),
  ].filter((problem) => problem !== undefined);
}

/** A person repairs the first problem, and then sees the next one. */
function worst(problems: readonly Condition[]): Condition {
  return (
    problems.find(({ state }) => state === "person") ??
    problems.find(({ state }) => state === "awaiting-login") ??
    problems[0] ??
    condition("ok", "")
  );
}

function condition(state: Condition["state"], why: string, command?: string): Condition {
  return { state, why, command };
}

function unreadable(
  reason: Unreadable,
  { name, workstation }: UserPlan,
  { nextRunAt }: ReportedUser,
): Condition {
  const check = `npx claude-fleet check ${name}`;
  if (reason === "no-account") {
    const command = `useradd -m ${name}   # on ${workstation}, or remove ${name} from the roster`;
    return condition("person", `there is no OS user ${name} on ${workstation}`, command);
  }
  // The first run has not happened yet, or the status is that of a former fleet.
  if (reason === "missing" || reason === "other-fleet") {
    return nextRunAt === null
      ? condition("person", "has had no run yet, and the timer does not run", "npx pulumi up")
      : condition("watch", "has had no run yet", check);
  }
  return condition("person", `root does not accept the agent's status (${reason})`, check);
}

function stoppedTimer({ nextRunAt }: ReportedUser): Condition | undefined {
  return nextRunAt === null ? condition("person", "the timer does not run", "npx pulumi up") : undefined;
}

function silence(status: AgentStatus, user: UserPlan, now: number, limit: number): Condition | undefined {
  if (now - status.ranAt < limit * 1000) return undefined;
  const why = `the agent has not run for ${span(now - status.ranAt)}`;
  return condition("person", why, `npx claude-fleet check ${user.name}`);
}

/** Returns the agent's own report. Its sentence names a command where the agent knows one. */
function lastRun(status: AgentStatus, user: UserPlan): Condition | undefined {
  const why = fromHost(status.why) || `${status.class}: ${status.reason}`;
  if (status.class === "awaiting-login") {
    return condition("awaiting-login", "has never logged in here", `npx claude-fleet login ${user.name}`);
  }
  if (status.word === "FAIL") return condition("person", why, remedy(status, user));
  return status.word === "WARN" ? condition("watch", why) : undefined;
}

/** A new login repairs only problems of the login. The agent's sentence describes the others. */
function remedy({ class: runClass, reason, backup }: AgentStatus, { name }: UserPlan): string {
  const check = `npx claude-fleet check ${name}`;
  if (reason === SHARED_TOKEN.reason) return check;
  if (runClass === "auth-dead" || runClass === "rejected") return `npx claude-fleet login ${name}`;
  if (backup.state === "identity-mismatch") return `npx claude-fleet login ${name}`;
  if (backup.state === "refused") return "npx pulumi up";
  return check;
}

/** Returns the approaching end of a login, which no run can extend. */
function expiry(status: AgentStatus, { name }: UserPlan, now: number): Condition | undefined {
  const { kind, loginExpiresAt } = status;
  if (kind === null || loginExpiresAt === null) return undefined;
  const threshold = kind === "login" ? ALERT_THRESHOLDS.loginLeft[0] : ALERT_THRESHOLDS.setupTokenLeft[0];
  if (loginExpiresAt - now >= threshold * 1000) return undefined;
  const what = kind === "login" ? "login" : "setup token";
  const about = status.loginExpiryEstimated ? "about " : "";
  const when =
    loginExpiresAt > now ? `expires in ${about}${span(loginExpiresAt - now)}` : "should have expired by now";
  return condition("person", `the ${what} ${when}`, `npx claude-fleet login ${name}`);
}

/** Returns a problem that lasts, although each single run called it passing. */
function lasting(status: AgentStatus, { name }: UserPlan, now: number): Condition | undefined {
  const { failingSince, lastRefreshProvenAt, class: runClass, accessExpiresAt, kind } = status;
  const check = `npx claude-fleet check ${name}`;
  if (failingSince !== null && now - failingSince >= ALERT_THRESHOLDS.unprovenFor * 1000) {
    return condition("person", `no successful run for ${span(now - failingSince)} (${runClass})`, check);
  }
  const refreshes = kind === "login" && lastRefreshProvenAt !== null && accessExpiresAt !== null;
  if (refreshes && now - lastRefreshProvenAt >= ALERT_THRESHOLDS.unrefreshedFor * 1000) {
    return condition("watch", `no refresh was proven for ${span(now - lastRefreshProvenAt)}`, check);
  }
  return undefined;
}

function vaultTrouble(status: AgentStatus, now: number, limit: number): Condition | undefined {
  const { vaultTokenExpiresAt, backup } = status;
  if (vaultTokenExpiresAt !== null && vaultTokenExpiresAt - now < limit * 1000) {
    const ended = vaultTokenExpiresAt <= now;
    const what = ended ? "has expired" : `has ${span(vaultTokenExpiresAt - now)} left and is not renewed`;
    return condition("person", `the Vault token ${what}`, "npx pulumi up");
  }
  if (backup.pendingSince !== null && now - backup.pendingSince >= ALERT_THRESHOLDS.backupPendingFor * 1000) {
    return condition("watch", `the backup has waited for Vault for ${span(now - backup.pendingSince)}`);
  }
  return undefined;
}

/** Returns whether the last run found the login dead. Its stored end then means nothing. */
export function isDead(status: Pick<AgentStatus, "class">): boolean {
  return status.class === "auth-dead";
}
