/** The plan of alice's agent, and her Vault token as Vault describes it. */
import type { AgentConfig } from "../../../agent/config.ts";
import type { TokenInfo } from "../../../lib/vault-token-schema.ts";
import { noWaits } from "./fake-host.ts";

export const HOME = "/home/alice";
const MACHINE = "1".repeat(32);
/** The path of her entry in Vault. */
export const DATA = "secret/data/users/alice";

const PERIOD_SECONDS = 2_764_800;

export const fakeConfig: AgentConfig = {
  user: "alice",
  home: HOME,
  fleet: "dev",
  email: "alice@example.com",
  organization: undefined,
  vault: {
    address: "https://vault.example.net",
    namespace: "",
    caPem: undefined,
    role: "claude-dev",
    tokenPeriodSeconds: PERIOD_SECONDS,
    tokenBoundCidrs: [],
    rotateTokensAfterSeconds: undefined,
  },
  identity: {
    fleet: "dev",
    user: "alice",
    host: "devvm",
    policy: "claude-dev-alice",
    role: "claude-dev",
    periodSeconds: PERIOD_SECONDS,
  },
  dataPath: DATA,
  adopt: false,
  claude: undefined,
  minClaudeVersion: "2.1.225",
  claudeWaitSeconds: 900,
  waits: { ...noWaits, rereadSeconds: 2, blankRereadSeconds: 60, deadRereadSeconds: 5, lockRetrySeconds: 75 },
  machineId: MACHINE,
};

export const TOKEN: TokenInfo = {
  accessor: "fake-accessor",
  policies: ["claude-dev-alice"],
  orphan: true,
  periodSeconds: 0,
  maxTtlSeconds: 0,
  role: "claude-dev",
  ttlSeconds: PERIOD_SECONDS,
  ageSeconds: 60,
  boundCidrs: [],
  meta: { fleet: "dev", user: "alice", host: "devvm" },
};
