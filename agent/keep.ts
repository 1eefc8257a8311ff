/** Brings the home's login to Vault, as the backup axis decides; reads again and merges anew after a conflict. */
import type { KvEntry } from "../lib/vault-client.ts";
import { describeFailure, type VaultFailure } from "../lib/vault-result.ts";
import type { AgentConfig } from "./config.ts";
import type { CredentialState } from "../claude/credentials.ts";
import { withoutVault, withVault, type AxisState } from "./decision/backup-axis.ts";
import { viewOf } from "./decision/file-view.ts";
import type { AgentState } from "../contract/agent-state.ts";
import type { VaultAccess } from "./vault-access.ts";
import type { AgentWorld } from "./world.ts";

/** What became of the backup, and what is remembered of it. */
export interface Kept {
  readonly axis: AxisState;
  readonly memory: AgentState;
}

/** Writers that may meet: this agent, an operator, another tool that keeps keys of its own beside ours. */
const TRIES = 5;

/** @param memory with the login that is in the home learned */
export async function keep(
  world: AgentWorld,
  config: AgentConfig,
  access: VaultAccess,
  login: CredentialState,
  memory: AgentState,
): Promise<Kept> {
  const early = withoutVault(viewOf(login), memory, config);
  // Whatever the home holds, what Vault refuses needs an operator; somebody else's login is the greater trouble.
  if (access.kind === "refused" && early?.state !== "identity-mismatch")
    return { axis: { state: "refused", why: access.why }, memory };
  if (early !== undefined || login.kind !== "usable") {
    const axis = early ?? { state: "none", why: undefined };
    return { axis, memory: { ...memory, pendingSince: null } };
  }
  if (access.kind !== "ready") return pending(memory, access.why, world);

  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const read = await access.vault.kvRead(config.dataPath);
    if (read.kind !== "ok" && read.kind !== "notFound") return failed(memory, "reading", config, read, world);
    const entry = read.kind === "ok" ? read.value : undefined;
    const missing = read.kind === "notFound" ? read.version : 0;
    const now = world.clock.now();
    const step = withVault(login.oauth, entry, missing, memory, config, now);
    if (step.kind === "state") {
      const settled = { ...memory, pendingSince: null };
      if (step.state.state === "foreign" || entry === undefined) return { axis: step.state, memory: settled };
      return { axis: step.state, memory: seenIn(settled, entry, login, storedAt(entry) ?? now) };
    }
    const written = await access.vault.kvWrite(config.dataPath, step.data, step.cas);
    if (written.kind === "ok") {
      const next = { ...memory, pendingSince: null, written: memory.written + 1 };
      const why = "Vault held a lower version than it once did: it was rolled back, and is up to date again";
      return {
        axis: step.rolledBack ? { state: "rolled-back", why } : { state: "written", why: undefined },
        memory: seenIn(next, { data: step.data, version: written.value }, login, now),
      };
    }
    if (written.kind !== "conflict") return failed(memory, "writing", config, written, world);
  }
  return pending(memory, `${config.dataPath} was changed by others ${TRIES} times in a row`, world);
}

function seenIn(
  memory: AgentState,
  entry: KvEntry,
  login: Extract<CredentialState, { kind: "usable" }>,
  storedAt: number,
): AgentState {
  const view = viewOf(login);
  const fingerprint = view.kind === "usable" ? view.fingerprint : null;
  return { ...memory, vault: { version: entry.version, fingerprint, storedAt } };
}

function storedAt(entry: KvEntry): number | undefined {
  const text = entry.data["backed_up_at"];
  const time = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isNaN(time) || time < 0 ? undefined : time;
}

function failed(
  memory: AgentState,
  what: string,
  config: AgentConfig,
  failure: VaultFailure,
  world: AgentWorld,
): Kept {
  const why = `${what} ${config.dataPath}: Vault ${describeFailure(failure)}`;
  if (failure.kind === "forbidden") return { axis: { state: "refused", why }, memory };
  return pending(memory, why, world);
}

function pending(memory: AgentState, why: string, world: AgentWorld): Kept {
  const pendingSince = memory.pendingSince ?? world.clock.now();
  return { axis: { state: "pending", why }, memory: { ...memory, pendingSince } };
}
