/** Where a user's own files of claude-fleet lie. */
import { join } from "node:path";

/** Paths below a home; the folders are 0700, the files 0600. */
export function userPlaces(home: string) {
  const config = join(home, ".config", "claude-auth-sync");
  const state = join(home, ".local", "state", "claude-auth-sync");
  return {
    config,
    /** The user's scoped Vault token. */
    token: join(config, "vault-token"),
    /** Its accessor; written before the token, so that a token which went astray can be revoked. */
    accessor: join(config, "vault-accessor"),
    state,
    log: join(state, "sync.log"),
    /** The agent state: see agent-state.ts. */
    agentState: join(state, "state.json"),
    lock: join(state, "lock"),
    /** What a run that found the lock taken leaves for its holder. */
    againRun: join(state, "again.run"),
    againBackup: join(state, "again.backup"),
    /** Exists while a backup waits for Vault; the path unit watches it. */
    pending: join(state, "pending"),
    /** What the agent tells root about its last run. */
    status: join(state, "status.json"),
    /** Empty folder in which the CLI is asked. */
    probe: join(state, "probe"),
    /** A restore's CLAUDE_CONFIG_DIR, kept until the restore has come to an end. */
    scratch: join(state, "scratch"),
    /** The CLAUDE_CONFIG_DIR in which a new login is asked whose it is; empty otherwise. */
    identity: join(state, "identity"),
    /** The last credentials file that was corrupt. */
    corrupt: join(state, "corrupt-credentials"),
  } as const;
}
