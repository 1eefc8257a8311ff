/** What Vault's entry means for a login that lies in the restore's folder, unused, and is about to be marked as tried. Pure. */
import type { KvEntry } from "../../lib/vault-client.ts";
import type { AgentState } from "../../contract/agent-state.ts";
import { storedLogin } from "./eligible.ts";

/**
 * `mark`: Vault holds this login, and is to say that it is used. `replaced`: Vault holds another one, which came later.
 * `alone`: Vault was rolled back, or holds no login: what lies in the folder may be the only copy, and the disk's own
 * mark has to do.
 */
export type MarkStep = "mark" | "replaced" | "alone";

/** @param entry undefined: Vault really has none */
export function markStep(entry: KvEntry | undefined, fingerprint: string, state: AgentState): MarkStep {
  const stored = entry === undefined ? undefined : storedLogin(entry);
  if (entry === undefined || stored === undefined || "why" in stored) return "alone";
  if (stored.view.fingerprint === fingerprint) return "mark";
  return entry.version < (state.vault?.version ?? 0) ? "alone" : "replaced";
}
