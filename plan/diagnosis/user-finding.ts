/** The same verdicts for a user of a workstation, from one run of their agent. Pure. */
import type { AgentRun } from "../../contract/user-run.ts";
import { FINDINGS, type Finding, type FindingKind } from "./findings.ts";

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

/** The verdict on a user's login: `run` is a real inference, made just now. */
export function userFinding(run: AgentRun): Finding {
  // A run that ends well may still have something to say of its backup: that is not about the login.
  const kind = (run.class === null ? undefined : KINDS[run.class]) ?? "unknown";
  const login = `claude-fleet login ${run.user}`;
  const next = {
    dead: login,
    "awaiting-login": login,
    unknown: `claude-fleet check ${run.user}`,
    upstream: `claude-fleet check ${run.user}`,
    limit: "wait for the reset",
    "not-the-token": "what the agent's last line says",
    "not-allowed": "ask the organisation's administrator",
  } as Readonly<Partial<Record<FindingKind, string>>>;
  return {
    kind,
    // Severities are about a token that many services share.
    severity: undefined,
    summary: `${run.user} on ${run.workstation}: ${FINDINGS[kind].meaning}.`,
    evidence: run.lines,
    next: next[kind],
  };
}
