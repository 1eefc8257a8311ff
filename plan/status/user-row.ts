/** Says how a user's renewal is, and what a person has to do about it. Pure. */
import { SHARED_TOKEN } from "../../contract/agent-classes.ts";
import type { AgentStatus, Unreadable } from "../../contract/agent-status.ts";
import type { WorkstationStatus } from "../../contract/user-run.ts";
import type { FleetPlan, UserPlan } from "../model.ts";
import { ALERT_THRESHOLDS, silentFor, vaultTokenLeft } from "../monitoring/alert-thresholds.ts";
import { left, since } from "./durations.ts";
import type { Answer, UserRow, Condition } from "./rows.ts";
import { fromHost } from "../../lib/printable.ts";

type Known = WorkstationStatus["users"][number];

/** The verdict of one user; the first of these that holds is said, for whoever mends it sees the next one then. */
export function userRow(
  { renewal, vault }: Pick<FleetPlan, "renewal" | "vault">,
  user: UserPlan,
  answer: Answer<WorkstationStatus>,
): UserRow {
  const known = answer.kind === "seen" ? answer.found.users.find((one) => one.user === user.name) : undefined;
  const now = answer.kind === "seen" ? answer.found.now : null;
  const status = known === undefined || typeof known.status === "string" ? null : known.status;
  const row = (verdict: Condition): UserRow => ({
    ...verdict,
    ...{ user: user.name, workstation: user.workstation, now, nextRunAt: known?.nextRunAt ?? null, status },
  });

  if (!user.renewal) return row(say("not-renewed", "the roster says renewal: false"));
  if (answer.kind === "unknown" || now === null) return row(say("unknown", "the workstation did not answer"));
  if (known?.renewed !== true || !known.enrolled) {
    return row(say("person", "is in the roster and not enrolled", "npx pulumi up"));
  }
  if (known.paused)
    return row(say("paused", "paused by an operator", `npx claude-fleet resume ${user.name}`));
  if (typeof known.status === "string") return row(unread(known.status, user, known));
  const verdicts = [
    timerVerdict(known),
    silence(known.status, user, now, silentFor(renewal)),
    lastRun(known.status, user),
    expiry(known.status, user, now),
    lasting(known.status, user, now),
    vaultTrouble(known.status, now, vaultTokenLeft(vault.tokenPeriodSeconds)),
  ].filter((verdict) => verdict !== undefined);
  const worst =
    verdicts.find(({ state }) => state === "person") ??
    verdicts.find(({ state }) => state === "awaiting-login") ??
    verdicts[0];
  return row(worst ?? say("ok", ""));
}

function say(state: Condition["state"], why: string, command?: string): Condition {
  return { state, why, command };
}

/** A status that root does not read. */
function unread(reason: Unreadable, { name, workstation }: UserPlan, { nextRunAt }: Known): Condition {
  const check = `npx claude-fleet check ${name}`;
  if (reason === "no-account") {
    const why = `there is no OS user ${name} on ${workstation}`;
    return say("person", why, `useradd -m ${name}   # on ${workstation}, or take ${name} out of the roster`);
  }
  // The first run is still to come, or the former fleet's status still lies there.
  if (reason === "missing" || reason === "other-fleet") {
    return nextRunAt === null
      ? say("person", "has no run yet, and the timer does not run", "npx pulumi up")
      : say("watch", "has no run yet", check);
  }
  return say("person", `the agent's status cannot be believed (${reason})`, check);
}

function timerVerdict({ nextRunAt }: Known): Condition | undefined {
  return nextRunAt === null ? say("person", "the timer does not run", "npx pulumi up") : undefined;
}

function silence(status: AgentStatus, user: UserPlan, now: number, limit: number): Condition | undefined {
  if (now - status.ranAt < limit * 1000) return undefined;
  const why = `the agent has not run for ${since(status.ranAt, now)}`;
  return say("person", why, `npx claude-fleet check ${user.name}`);
}

/** What the agent itself says; its own sentence names a command where it knows one. */
function lastRun(status: AgentStatus, user: UserPlan): Condition | undefined {
  const why = fromHost(status.why) || `${status.class}: ${status.reason}`;
  if (status.class === "awaiting-login") {
    return say("awaiting-login", "has never logged in here", `npx claude-fleet login ${user.name}`);
  }
  if (status.word === "FAIL") return say("person", why, remedy(status, user));
  return status.word === "WARN" ? say("watch", why) : undefined;
}

/** A login mends only what is wrong with the login; everything else is told by the agent's sentence. */
function remedy({ class: runClass, reason, backup }: AgentStatus, { name }: UserPlan): string {
  const check = `npx claude-fleet check ${name}`;
  if (reason === SHARED_TOKEN.reason) return check;
  if (runClass === "auth-dead" || runClass === "rejected") return `npx claude-fleet login ${name}`;
  if (backup.state === "identity-mismatch") return `npx claude-fleet login ${name}`;
  if (backup.state === "refused") return "npx pulumi up";
  return check;
}

/** A login ends, whatever the agent does: people hear it before it does. */
function expiry(status: AgentStatus, { name }: UserPlan, now: number): Condition | undefined {
  const { kind, loginExpiresAt } = status;
  if (kind === null || loginExpiresAt === null) return undefined;
  const limit = kind === "login" ? ALERT_THRESHOLDS.loginLeft[0] : ALERT_THRESHOLDS.setupTokenLeft[0];
  if (loginExpiresAt - now >= limit * 1000) return undefined;
  const what = kind === "login" ? "login" : "setup-token";
  const about = status.loginExpiryEstimated ? "about " : "";
  const when =
    loginExpiresAt > now ? `ends in ${about}${left(loginExpiresAt, now)}` : "should have ended by now";
  return say("person", `the ${what} ${when}`, `npx claude-fleet login ${name}`);
}

/** Trouble that each single run called passing. */
function lasting(status: AgentStatus, { name }: UserPlan, now: number): Condition | undefined {
  const { failingSince, lastRefreshProvenAt, class: runClass, accessExpiresAt, kind } = status;
  if (failingSince !== null && now - failingSince >= ALERT_THRESHOLDS.unprovenFor * 1000) {
    const why = `no success for ${since(failingSince, now)} (${runClass})`;
    return say("person", why, `npx claude-fleet check ${name}`);
  }
  const refreshes = kind === "login" && lastRefreshProvenAt !== null && accessExpiresAt !== null;
  if (refreshes && now - lastRefreshProvenAt >= ALERT_THRESHOLDS.unrefreshedFor * 1000) {
    const why = `no refresh was seen to work for ${since(lastRefreshProvenAt, now)}`;
    return say("watch", why, `npx claude-fleet check ${name}`);
  }
  return undefined;
}

function vaultTrouble(status: AgentStatus, now: number, limit: number): Condition | undefined {
  const { vaultTokenExpiresAt, backup } = status;
  if (vaultTokenExpiresAt !== null && vaultTokenExpiresAt - now < limit * 1000) {
    const ended = vaultTokenExpiresAt <= now;
    const why = `the Vault token ${ended ? "has ended" : `has ${left(vaultTokenExpiresAt, now)} left, and is not renewed`}`;
    return say("person", why, "npx pulumi up");
  }
  if (backup.pendingSince !== null && now - backup.pendingSince >= ALERT_THRESHOLDS.backupPendingFor * 1000) {
    return say("watch", `the backup has waited for Vault for ${since(backup.pendingSince, now)}`);
  }
  return undefined;
}

/** Whether the last run has found the login dead: when it would have ended means nothing any more. */
export function isDead(status: Pick<AgentStatus, "class">): boolean {
  return status.class === "auth-dead";
}
