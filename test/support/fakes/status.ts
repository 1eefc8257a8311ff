/** A status as the agent writes it. */
import type { AgentStatus } from "../../../contract/agent-status.ts";

/** 2026-01-01T00:00:00Z, when the run of {@link agentStatusWith} ended. */
export const RAN_AT = 1_767_225_600_000;

/** A good run, with changes. */
export function agentStatusWith(changes: Partial<AgentStatus> = {}): AgentStatus {
  return {
    version: 1,
    fleet: "dev",
    ranAt: RAN_AT,
    word: "OK",
    class: "ok",
    reason: "proven",
    why: "",
    exitCode: 0,
    claude: "2.1.330",
    lastSuccessAt: RAN_AT,
    lastRefreshProvenAt: RAN_AT - 3_600_000,
    failingSince: null,
    kind: "login",
    accessExpiresAt: RAN_AT + 8 * 3_600_000,
    loginExpiresAt: RAN_AT + 30 * 86_400_000,
    loginExpiryEstimated: true,
    vaultTokenExpiresAt: RAN_AT + 32 * 86_400_000,
    backup: { state: "written", storedAt: RAN_AT, matches: true, pendingSince: null, written: 7 },
    restores: 1,
    lastRestoreAt: RAN_AT - 86_400_000,
    ...changes,
  };
}
