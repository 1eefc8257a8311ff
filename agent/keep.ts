/** Brings the home's login to Vault, as the backup axis decides; reads again and merges anew after a conflict. */
import type { KvEntry } from "../lib/vault-client.ts";
import { describeFailure, type VaultFailure } from "../lib/vault-result.ts";
import type { AgentConfig } from "./config.ts";
import type { CredentialState } from "../claude/credentials.ts";
import { decideWithoutVault, decideWithVault, type AxisState } from "./decision/backup-axis.ts";
import { viewOf } from "./decision/file-view.ts";
import type { AgentState } from "../contract/agent-state.ts";
import type { VaultAccess } from "./vault-access.ts";
import type { AgentWorld } from "./world.ts";

/** What became of the backup, and what is remembered of it. */
export interface Kept {
  readonly axis: AxisState;
  readonly state: AgentState;
}

/** Writers that may meet: this agent, an operator, another tool that keeps keys of its own beside ours. */
const TRIES = 5;

/** @param state with the login that is in the home learned */
export async function keep(
  world: AgentWorld,
  config: AgentConfig,
  access: VaultAccess,
  login: CredentialState,
  state: AgentState,
): Promise<Kept> {
  const early = decideWithoutVault(viewOf(login), state, config);
  // Whatever the home holds, what Vault refuses needs an operator; somebody else's login is the greater trouble.
  if (access.kind === "refused" && early?.state !== "identity-mismatch")
    return { axis: { state: "refused", why: access.why }, state };
  if (early !== undefined || login.kind !== "usable") {
    const axis = early ?? { state: "none", why: undefined };
    return { axis, state: { ...state, pendingSince: null } };
  }
  if (access.kind !== "ready") return pending(state, access.why, world);

  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const read = await access.vault.kvRead(config.dataPath);
    if (read.kind !== "ok" && read.kind !== "notFound") return failed(state, "reading", config, read, world);
    const entry = read.kind === "ok" ? read.value : undefined;
    const missing = read.kind === "notFound" ? read.version : 0;
    const now = world.clock.now();
    const step = decideWithVault(login.oauth, entry, missing, state, config, now);
    if (step.kind === "state") {
      const settled = { ...state, pendingSince: null };
      if (step.state.state === "foreign" || entry === undefined) return { axis: step.state, state: settled };
      return { axis: step.state, state: seenIn(settled, entry, login, storedAt(entry) ?? now) };
    }
    const written = await access.vault.kvWrite(config.dataPath, step.data, step.cas);
    if (written.kind === "ok") {
      const next = { ...state, pendingSince: null, written: state.written + 1 };
      const why = "Vault held a lower version than it once did: it was rolled back, and is up to date again";
      return {
        axis: step.rolledBack ? { state: "rolled-back", why } : { state: "written", why: undefined },
        state: seenIn(next, { data: step.data, version: written.value }, login, now),
      };
    }
    if (written.kind !== "conflict") return failed(state, "writing", config, written, world);
  }
  return pending(state, `${config.dataPath} was changed by others ${TRIES} times in a row`, world);
}

function seenIn(
  state: AgentState,
  entry: KvEntry,
  login: Extract<CredentialState, { kind: "usable" }>,
  storedAt: number,
): AgentState {
  const view = viewOf(login);
  const fingerprint = view.kind === "usable" ? view.fingerprint : null;
  return { ...state, vault: { version: entry.version, fingerprint, storedAt } };
}

function storedAt(entry: KvEntry): number | undefined {
  const text = entry.data["backed_up_at"];
  const time = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isNaN(time) || time < 0 ? undefined : time;
}

function failed(
  state: AgentState,
  what: string,
  config: AgentConfig,
  failure: VaultFailure,
  world: AgentWorld,
): Kept {
  const why = `${what} ${config.dataPath}: Vault ${describeFailure(failure)}`;
  if (failure.kind === "forbidden") return { axis: { state: "refused", why }, state };
  return pending(state, why, world);
}

function pending(state: AgentState, why: string, world: AgentWorld): Kept {
  const pendingSince = state.pendingSince ?? world.clock.now();
  return { axis: { state: "pending", why }, state: { ...state, pendingSince } };
}
