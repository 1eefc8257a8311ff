/** Holds plans for component tests. */
import type { RolloutPlan, ContainerPlan, UserPlan, VaultPlan } from "../../../plan/model.ts";

export const vaultPlan: VaultPlan = {
  address: "https://vault.example.net",
  namespace: "",
  mount: "secret",
  prefix: "workstation/claude-users",
  caPem: undefined,
  caFile: undefined,
  manageMount: false,
  strayTokens: "look",
  versionOverride: undefined,
  role: "claude-prod",
  policyGlob: "claude-prod-*",
  tokenPeriodSeconds: 2_764_800,
  tokenBoundCidrs: [],
  rotateTokensAfterSeconds: undefined,
};

export const alice: UserPlan = {
  name: "alice",
  workstation: "devvm",
  email: "alice@example.com",
  organization: undefined,
  renewal: true,
  formerly: undefined,
  claude: undefined,
  policy: "claude-prod-alice",
  dataPath: "secret/data/workstation/claude-users/alice",
  metadataPath: "secret/metadata/workstation/claude-users/alice",
};

export const rollout: RolloutPlan = {
  maxUnavailable: 1,
  gracePeriodSeconds: 30,
  healthTimeoutSeconds: 60,
  staleProcesses: "list",
  staleWaitSeconds: 600,
};

export const gateway: ContainerPlan = {
  name: "backend-gateway",
  container: "curateme-backend-gateway",
  image: `registry.example.net/gateway@sha256:${"0".repeat(64)}`,
  target: "/home/appuser/.config/claude-code/auth.json",
  uid: 1000,
  command: undefined,
  entrypoint: undefined,
  environment: [["LOG_LEVEL", "info"]],
  user: undefined,
  ports: [],
  networks: [],
  mounts: [],
  healthcheck: {
    test: ["CMD", "/healthcheck"],
    interval: "5s",
    timeout: "3s",
    startPeriod: "10s",
    retries: 3,
  },
  restart: "unless-stopped",
};

/** Returns fields in place of a whole request, which components pass on unread. */
export function requestStub<T>(fields: object = {}): T {
  return fields as T;
}
