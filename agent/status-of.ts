/** From what is remembered to what root is told. Pure. */
import type { BackupState } from "../contract/agent-classes.ts";
import { loginExpiry } from "./decision/expiry.ts";
import type { FileView } from "./decision/file-view.ts";
import type { AgentState } from "../contract/agent-state.ts";
import { STATUS_VERSION, type AgentStatus } from "../contract/agent-status.ts";

/** Beyond the year 2200 a time means nothing to anybody: see status.ts. */
const LATEST = 7_258_118_400_000;

/** What a status is made from: the memory after the run, the file as it is now, and what became of the backup. */
export interface StatusFacts {
  readonly fleet: string;
  readonly state: AgentState;
  readonly file: FileView;
  readonly backup: BackupState;
}

/** The status; undefined before the first full run: a pass that only stores says nothing about a login. */
export function statusOf({ fleet, state, file, backup }: StatusFacts): AgentStatus | undefined {
  const { lastRun, login, vault } = state;
  if (lastRun === null) return undefined;
  const expiry = loginExpiry(state);
  const usable = file.kind === "usable" ? file : undefined;
  const asked = vault !== null && backup !== "refused" && backup !== "foreign";
  return {
    version: STATUS_VERSION,
    fleet,
    ranAt: lastRun.ranAt,
    word: lastRun.word,
    class: lastRun.class,
    reason: lastRun.reason,
    why: lastRun.why,
    exitCode: lastRun.exitCode,
    claude: lastRun.claude,
    lastSuccessAt: state.lastSuccessAt,
    lastRefreshProvenAt: state.lastRefreshProvenAt,
    failingSince: state.failingSince,
    kind: usable?.credential ?? login?.credential ?? null,
    accessExpiresAt: timeOf(usable?.expiresAt),
    loginExpiresAt: timeOf(expiry.at),
    loginExpiryEstimated: expiry.estimated,
    vaultTokenExpiresAt: timeOf(state.vaultTokenExpiresAt),
    backup: {
      state: backup,
      storedAt: vault?.storedAt ?? null,
      matches: asked && usable !== undefined ? vault.fingerprint === usable.fingerprint : null,
      pendingSince: state.pendingSince,
      written: state.written,
    },
    restores: state.restores,
    lastRestoreAt: state.lastRestoreAt,
  };
}

function timeOf(value: number | null | undefined): number | null {
  return value === null || value === undefined || value > LATEST ? null : Math.floor(value);
}
