/** Settings of the stack `dev`: what the environment has drawn, in the words of Pulumi.prod.yaml. */
import type { PluginKind } from "./toolchain/pulumi.ts";

/** What the settings are made from. */
export interface StackParts {
  readonly fleet: string;
  readonly vaultAddress: string;
  readonly sshConfigFile: string;
  readonly plugins: PluginKind;
  readonly tokenFile: string;
  /** Environment file on the token's host. */
  readonly environmentFile: string;
  /** Port of loopback at which the gateway's container is published. */
  readonly gatewayPort: number;
  /** Of the gateway's own key: what its container knows of it. */
  readonly gatewayKeySha256: string;
  /** Words of the site's own commands. */
  readonly siteCommands: { readonly task: readonly string[]; readonly failedTasks: readonly string[] };
  /** Base URL of the stand-in for Anthropic, from this machine and from a container. */
  readonly apiUrl: string;
  readonly apiUrlForContainers: string;
  /** Absolute path of the CLI on this machine. */
  readonly claude: string;
  readonly image: string;
  readonly network: string;
  /** First part of the containers' names. */
  readonly prefix: string;
}

/** The runbook's services in its order, with the users that they run as. */
const SERVICES = [
  { name: "runner-agent", user: "runner", uid: 1000 },
  { name: "runner-agent-blog", user: "runner", uid: 1000 },
  { name: "backend-b2b", user: "appuser", uid: 1001 },
  { name: "backend-gateway", user: "appuser", uid: 1001 },
  { name: "celery-worker", user: "appuser", uid: 1001 },
] as const;

/** Name of a service's container. */
export const serviceContainer = (prefix: string, service: string) => `${prefix}-${service}`;

/** Names of the five services, in rollout order. */
export const serviceNames: readonly string[] = SERVICES.map(({ name }) => name);

/** The value of `config` in Pulumi.dev.yaml. */
export function stackConfig(parts: StackParts): Readonly<Record<string, unknown>> {
  const gateway = (name: string) => name === "backend-gateway";
  const services = SERVICES.map(({ name, user, uid }) => ({
    name,
    container: serviceContainer(parts.prefix, name),
    image: parts.image,
    target: `/home/${user}/.config/claude-code/auth.json`,
    uid,
    user: `${uid}:${uid}`,
    environment: {
      ANTHROPIC_BASE_URL: parts.apiUrlForContainers,
      ...(gateway(name) ? { GATEWAY_KEY_SHA256: parts.gatewayKeySha256 } : {}),
    },
    networks: [parts.network],
    ...(gateway(name) ? { ports: [{ internal: 8080, external: parts.gatewayPort }] } : {}),
  }));
  const platform = {
    host: { local: true },
    file: parts.tokenFile,
    gate: { probe: "cli", apiUrl: parts.apiUrl, claude: parts.claude },
    rollout: { maxUnavailable: 1, gracePeriod: "30s", healthTimeout: "60s" },
    driver: "docker",
    services,
    ...siteSettings(parts),
  };
  return {
    "claude-fleet:fleet": parts.fleet,
    "claude-fleet:roster": "dev/roster.yaml",
    "claude-fleet:ssh": { configFile: parts.sshConfigFile },
    // Vault's provider compares versions, and OpenBao numbers its releases differently.
    "claude-fleet:vault": { address: parts.vaultAddress, mount: "secret", versionOverride: "1.14.0" },
    "claude-fleet:tokens": { platform },
    // Short waits suffice: in this environment, what the agent waits for has happened already or never happens.
    "claude-fleet:renewal": {
      waits: { blankReread: "3s", deadReread: "1s", lockRetry: "15s", lockSteal: "11s", backupRetry: "5s" },
    },
    // Read by the stand-in language host alone: it runs no stack without this.
    "claude-fleet-dev:plugins": parts.plugins,
  };
}

/** The runbook's words, as the five services of this environment write them. */
function siteSettings({ environmentFile: file, gatewayPort, siteCommands }: StackParts) {
  return {
    diagnosis: {
      gateway: {
        url: `http://127.0.0.1:${gatewayPort}`,
        key: { file, variable: "CM_FLEET_GATEWAY_KEY" },
      },
      fallbackKey: { file, variable: "ANTHROPIC_FALLBACK_KEY" },
      logs: {
        noise: ["llm_auth_refresh_token_revoked"],
        refused: ["anthropic_401_unauthorized", "gateway_request_failed status=401"],
        fallback: ["gateway_using_fallback_key"],
        subscription: ["max_subscription"],
      },
      failedTasks: siteCommands.failedTasks,
    },
    rotation: {
      account: { email: "platform@example.com" },
      environment: { file, variables: ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"] },
      task: siteCommands.task,
      freeSources: ["max_subscription"],
    },
  };
}
