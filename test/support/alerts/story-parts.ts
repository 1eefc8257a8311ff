/** What several stories of alerts are made of. */
import type { AgentStatus } from "../../../contract/agent-status.ts";
import { BASE, host, live, type Firing, type Scenario } from "./scenario.ts";

export const alice = { fleet: "prod", workstation: "devvm", user: "alice" };
export const devvm = { fleet: "prod", workstation: "devvm" };
export const only = (
  alert: string,
  severity: string,
  labels: Firing["labels"] = alice,
  value?: number,
): Firing[] => [{ alert, severity, labels, ...(value === undefined ? {} : { value }) }];

export const failed = (runClass: string, reason: string): Partial<AgentStatus> => ({
  word: "FAIL",
  class: runClass,
  reason,
  exitCode: 10,
});
export const passing = (runClass: string, reason: string): Partial<AgentStatus> => ({
  word: "WARN",
  class: runClass,
  reason,
});
export const backup = (changes: Partial<AgentStatus["backup"]>): Partial<AgentStatus> => ({
  backup: { state: "unchanged", storedAt: BASE, matches: true, pendingSince: null, written: 1, ...changes },
});

/** One user whose runs say this from minute `from` until `until`, and are fine otherwise. */
export const between =
  (from: number, until: number, outcome: Partial<AgentStatus> | ((minute: number) => Partial<AgentStatus>)) =>
  (minute: number): Partial<AgentStatus> => {
    if (minute < from || minute >= until) return {};
    return typeof outcome === "function" ? outcome(minute) : outcome;
  };

/** A story of alice alone. */
export const ofAlice = (life: Parameters<typeof live>[0]): NonNullable<Scenario["hosts"]> => ({
  devvm: host([live(life)], life.ahead),
});
