/** Where things lie on the simulated host, and the plan that its agent runs by. */
import type { AgentConfig } from "../../agent/config.ts";
import { userPlaces } from "../../agent/places.ts";
import type { TokenInfo } from "../../lib/vault-client.ts";

export const HOME = "/home/alice";
export const CLAUDE_FOLDER = `${HOME}/.claude`;
/** The credentials file. */
export const LOGIN_FILE = `${CLAUDE_FOLDER}/.credentials.json`;
export const CONFIGURATION = `${HOME}/.claude.json`;
export const PLACES = userPlaces(HOME);
export const SCRATCH_FILE = `${PLACES.scratch}/.credentials.json`;
export const EMAIL = "alice@example.com";
export const OTHER_EMAIL = "mallory@example.com";
export const DATA_PATH = "secret/data/users/alice";

/** The agent's plan; waits are those of production. */
export const CONFIG: AgentConfig = {
  user: "alice",
  home: HOME,
  fleet: "dev",
  email: EMAIL,
  organization: undefined,
  vault: {
    address: "https://vault.example.com",
    namespace: "",
    caPem: undefined,
    role: "claude-dev",
    tokenPeriodSeconds: 2_764_800,
  },
  identity: {
    fleet: "dev",
    user: "alice",
    host: "devvm",
    policy: "claude-dev-alice",
    role: "claude-dev",
    periodSeconds: 2_764_800,
  },
  dataPath: DATA_PATH,
  claude: undefined,
  minClaudeVersion: "2.1.0",
  claudeWaitSeconds: 900,
  waits: {
    rereadSeconds: 2,
    blankRereadSeconds: 60,
    deadRereadSeconds: 5,
    lockRetrySeconds: 75,
    lockStealSeconds: 60,
    refreshFailingSeconds: 12 * 3600,
    transientSeconds: 24 * 3600,
    unprovenSeconds: 24 * 3600,
    backupRetrySeconds: 300,
  },
  machineId: "1".repeat(32),
};

/** The user's scoped token, as Vault describes it. */
export const TOKEN: TokenInfo = {
  accessor: "fake-accessor",
  policies: ["claude-dev-alice"],
  orphan: true,
  periodSeconds: 2_764_800,
  maxTtlSeconds: 0,
  role: "claude-dev",
  ttlSeconds: 2_764_800,
  meta: { fleet: "dev", user: "alice", host: "devvm" },
};
