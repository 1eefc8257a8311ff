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
    /** What the agent remembers between runs. */
    memory: join(state, "state.json"),
    lock: join(state, "lock"),
    /** Empty folder in which the CLI is asked. */
    probe: join(state, "probe"),
  } as const;
}
