/** Where claude-fleet's files of one user lie. */
import { join } from "node:path";

/** Returns the paths below a home. Folders have the mode 0700, files 0600. */
export function userPlaces(home: string) {
  const config = join(home, ".config", "claude-auth-sync");
  const state = join(home, ".local", "state", "claude-auth-sync");
  return {
    config,
    /** The user's Vault token. */
    token: join(config, "vault-token"),
    /** The token's accessor. It is written before the token, so that a lost token can be revoked. */
    accessor: join(config, "vault-accessor"),
    state,
    log: join(state, "sync.log"),
    /** The agent state: see agent-state.ts. */
    agentState: join(state, "state.json"),
    lock: join(state, "lock"),
    /** The marker that a `backup` leaves for the holder of the lock. */
    again: join(state, "again.backup"),
    /** The request and the answer of `claude-auth-sync now`: see requested-run.ts. */
    request: join(state, "now"),
    answer: join(state, "now.answer"),
    /** The pending marker: a backup or a restore waits for Vault. The path unit watches it. */
    pending: join(state, "pending"),
    /** The status for root: see agent-status.ts. */
    status: join(state, "status.json"),
    /** The CLI's empty working folder. */
    probe: join(state, "probe"),
    /** A restore's CLAUDE_CONFIG_DIR. It stays until the restore has ended. */
    scratch: join(state, "scratch"),
    /** The CLAUDE_CONFIG_DIR in which a new login's identity is verified. */
    identity: join(state, "identity"),
    /** A copy of the last corrupt credentials file. */
    corrupt: join(state, "corrupt-credentials"),
  } as const;
}
