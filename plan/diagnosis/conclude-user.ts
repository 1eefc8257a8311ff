/** Finds out what is wrong with a user's login, from one run of the user's agent. */
import type { AgentRun } from "../../contract/user-run.ts";
import { FINDINGS, type Finding, type FindingKind } from "./finding-table.ts";

const KINDS: Readonly<Record<string, FindingKind>> = {
  ok: "healthy",
  "awaiting-login": "awaiting-login",
  "auth-dead": "dead",
  rejected: "dead",
  "org-policy": "not-allowed",
  limit: "limit",
  transient: "upstream",
  lock: "upstream",
  interrupted: "upstream",
  tooling: "not-the-token",
};

/** Returns the finding about a user's login. @param run a run with a real inference that has just ended */
export function userFinding(run: AgentRun): Finding {
  // A successful run may still report a problem of the backup, which is not about the login.
  const kind = (run.class === null ? undefined : KINDS[run.class]) ?? "unknown";
  return {
    kind,
    // Severities are about a token that many services share.
    severity: undefined,
    summary: `${run.user} on ${run.workstation}: ${FINDINGS[kind].meaning}.`,
    evidence: run.lines,
    next: NEXT[kind]?.(run.user),
  };
}

const login = (user: string) => `claude-fleet login ${user}`;
const check = (user: string) => `claude-fleet check ${user}`;

const NEXT: Readonly<Partial<Record<FindingKind, (user: string) => string>>> = {
  dead: login,
  "awaiting-login": login,
  unknown: check,
  upstream: check,
  limit: () => "wait for the reset",
  "not-the-token": () => "do what the agent's last line says",
  "not-allowed": () => "ask the organisation's administrator",
};
