/** Stores the home's login in Vault, as decision/backup.ts decides. Reads and merges again after a conflict. */
import { credentialsPath, readLogin, type CredentialState } from "../claude/credentials.ts";
import type { BackupState } from "../contract/agent-classes.ts";
import type { AgentState } from "../contract/agent-state.ts";
import { describeFailure, type VaultFailure } from "../lib/vault-result.ts";
import type { AgentConfig } from "./config.ts";
import { decideWithoutVault, decideWithVault, type Backup } from "./decision/backup.ts";
import { homeView, usableView } from "./decision/file-view.ts";
import { withFile } from "./decision/lineage.ts";
import { storedAt } from "./decision/vault-entry.ts";
import { readState } from "./state.ts";
import { openVault, type VaultAccess } from "./open-vault.ts";
import type { AgentWorld } from "./world.ts";

/** What became of the backup, and the agent state with it. */
export interface BackedUp {
  readonly backup: Backup;
  readonly state: AgentState;
}

/** Other writers of the entry are an operator, and tools that keep keys of their own there. */
const TRIES = 5;

/**
 * Stores the login, if it is worth it.
 * @param state the agent state with the login in it
 */
export async function backUp(
  world: AgentWorld,
  config: AgentConfig,
  access: VaultAccess,
  login: CredentialState,
  state: AgentState,
): Promise<BackedUp> {
  const early = decideWithoutVault(homeView(login, state, world.clock.now()), state, config);
  // A refused Vault token needs an operator, whatever the home holds. A login of somebody else is worse.
  if (access.kind === "refused" && early?.state !== "identity-mismatch")
    return { backup: { state: "refused", why: access.why }, state };
  const settled = { ...state, pendingSince: null };
  if (early !== undefined || login.kind !== "usable")
    return { backup: early ?? { state: "none", why: undefined }, state: settled };
  if (access.kind !== "ready") return pending(state, access.why, world);

  const { fingerprint } = usableView(login.oauth);
  const holding = (version: number, at: number) => ({
    ...settled,
    vault: { version, fingerprint, storedAt: at },
  });
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const read = await access.vault.kvRead(config.dataPath);
    if (read.kind !== "ok" && read.kind !== "notFound") return failed(state, "Reading", config, read, world);
    const entry = read.kind === "ok" ? read.value : undefined;
    const missing = read.kind === "notFound" ? read.version : 0;
    const now = world.clock.now();
    const step = decideWithVault(login.oauth, entry, missing, state, config, now);
    if (step.kind === "done") {
      const { backup } = step;
      if (backup.state === "foreign" || entry === undefined) return { backup, state: settled };
      return { backup, state: holding(entry.version, storedAt(entry) ?? now) };
    }
    const written = await access.vault.kvWrite(config.dataPath, step.data, step.cas);
    if (written.kind === "ok") {
      return {
        backup: step.backup,
        state: { ...holding(written.value, now), written: state.written + 1 },
      };
    }
    if (written.kind !== "conflict") return failed(state, "Writing", config, written, world);
  }
  return pending(state, `Other writers changed ${config.dataPath} ${TRIES} times in a row.`, world);
}

function failed(
  state: AgentState,
  what: string,
  config: AgentConfig,
  failure: VaultFailure,
  world: AgentWorld,
): BackedUp {
  const why = `${what} ${config.dataPath} failed: Vault ${describeFailure(failure)}.`;
  if (failure.kind === "forbidden") return { backup: { state: "refused", why }, state };
  return pending(state, why, world);
}

function pending(state: AgentState, why: string, world: AgentWorld): BackedUp {
  const pendingSince = state.pendingSince ?? world.clock.now();
  return { backup: { state: "pending", why }, state: { ...state, pendingSince } };
}

/**
 * Stores the home's login where the agent state cannot be stored. The CLI may have stored a successor in the last free
 * space, and only Vault can keep it safe then. Leaves the disk as it is. The caller holds the agent's lock.
 */
export async function backUpStateless(world: AgentWorld, config: AgentConfig): Promise<BackupState> {
  try {
    const { state: login } = await readLogin(world, credentialsPath(config.home), config.home);
    const former = await readState(world, config.home);
    const { access } = await openVault(world, config);
    const now = world.clock.now();
    const state = withFile(former, homeView(login, former, now), now);
    return (await backUp(world, config, access, login, state)).backup.state;
  } catch {
    // The run already reports trouble with the home. This attempt has lost nothing.
    return "none";
  }
}

/**
 * Sets the pending marker: a backup, or a restore, waits for Vault. After a `run` it is touched, which makes the path unit
 * start `backup`. systemd starts `backup` again by itself.
 */
export async function leavePending(world: AgentWorld, path: string, mode: "run" | "backup"): Promise<void> {
  try {
    if ((await world.files.state(path)) === undefined) await world.files.create(path, "");
    else if (mode === "run") await world.files.touch(path, world.clock.now());
  } catch {
    // Another start has changed the marker at this moment, or the disk has no room for one, which the run has reported.
  }
}
