/** The types of the plan: roster and settings as plain, frozen, sorted data, which everything else reads. */
import type { Connection, HostAddress } from "../contract/connection.ts";
import type { HostUser, Waits } from "../contract/host-plan.ts";
import type { Gate, HostCompose, ObservedService } from "../contract/token-file.ts";
import type { DiagnosisPlan, RotationPlan } from "./rotation-model.ts";

/** The plan of a whole fleet. */
export interface FleetPlan {
  /** `[a-z][a-z0-9]*`. It is part of every name that the fleet owns. */
  readonly fleet: string;
  readonly ssh: SshPlan;
  readonly vault: VaultPlan;
  readonly renewal: RenewalPlan;
  /** Sorted by name. */
  readonly workstations: readonly WorkstationPlan[];
  /** Sorted by name. */
  readonly tokens: readonly TokenPlan[];
  /** Undefined: the stack keeps no rules, and a person copies them to Prometheus. */
  readonly monitoring: MonitoringPlan | undefined;
}

/** Where the stack keeps the rules of Prometheus and Loki, and the dashboard. */
export interface MonitoringPlan {
  readonly address: HostAddress;
  /** Absolute path on that host. */
  readonly directory: string;
  /** Where people read docs/reference/alerts.md. Undefined: alerts name its path in the project. */
  readonly runbook: string | undefined;
}

/** How the operator's ssh is configured. */
type SshPlan = Connection["ssh"];

/** Where the fleet's backups are in Vault, and the names that the fleet owns there. */
export interface VaultPlan {
  /** The address by which the operator's machine reaches Vault. */
  readonly address: string;
  /** Empty: the root namespace. */
  readonly namespace: string;
  /** KV version 2 mount, without slashes at its ends. */
  readonly mount: string;
  /** Folder below the mount. It holds one entry for each user. */
  readonly prefix: string;
  /** PEM text of the CA that signs Vault's certificate. Undefined: each machine's own CAs. */
  readonly caPem: string | undefined;
  /** Absolute path of that CA on the operator's machine, as the Vault provider wants it. */
  readonly caFile: string | undefined;
  readonly manageMount: boolean;
  /** Version that the provider assumes, because OpenBao numbers its releases differently. Undefined: it asks the server. */
  readonly versionOverride: string | undefined;
  /** `look`: the drift review finds unowned tokens, for which it lists every token of the namespace. */
  readonly strayTokens: "look" | "leave";
  /** Token role `claude-<fleet>`. */
  readonly role: string;
  /** Policies that the role may hand out: `claude-<fleet>-*`. */
  readonly policyGlob: string;
  /** Period of each user's token, in seconds: 32 days. */
  readonly tokenPeriodSeconds: number;
  /** Networks to which the role binds users' tokens, sorted, as Vault writes them. Empty: tokens are not bound. */
  readonly tokenBoundCidrs: readonly string[];
  /** Age in seconds at which an `up` replaces a user's token. Undefined: never. */
  readonly rotateTokensAfterSeconds: number | undefined;
}

/** How the workstations' agents work, and what one `up` may change. All times are in seconds. */
interface RenewalPlan {
  readonly everySeconds: number;
  readonly spreadSeconds: number;
  readonly minClaudeVersion: string;
  /** How long a run waits for the CLI. The run never ends the CLI. */
  readonly claudeWaitSeconds: number;
  /** At most this many users may be enrolled and unenrolled by one `up`. */
  readonly maxChangesPerUp: number;
  /** Whether the fleet takes over objects of the same name that it did not create. */
  readonly adopt: boolean;
  /** Users whose backups are destroyed, by the names that Vault knows. Sorted. */
  readonly purgeBackupsOf: readonly string[];
  readonly waits: Waits;
}

export interface WorkstationPlan {
  readonly name: string;
  readonly address: HostAddress;
  /** The address by which this host reaches Vault. */
  readonly vaultAddress: string;
  /** Sorted by name, with the users who are not renewed. */
  readonly users: readonly UserPlan[];
}

/** A user of the roster: what the host knows, and which host it is. */
export interface UserPlan extends HostUser {
  readonly workstation: string;
}

/** A token file, and the containers that mount its approved copies. */
export interface TokenPlan {
  readonly name: string;
  readonly address: HostAddress;
  /** Absolute path of the candidate on its host. */
  readonly file: string;
  readonly gate: Gate;
  readonly rollout: RolloutPlan;
  readonly driver: DriverPlan;
  /** In rollout order. */
  readonly services: readonly ServicePlan[];
  readonly diagnosis: DiagnosisPlan;
  readonly rotation: RotationPlan;
}

export interface RolloutPlan {
  readonly maxUnavailable: number;
  readonly gracePeriodSeconds: number;
  readonly healthTimeoutSeconds: number;
  /** What happens to processes that outlive the rollout with a former token in their environment. */
  readonly staleProcesses: "list" | "wait" | "stop";
  /** How long `staleProcesses: "wait"` waits. */
  readonly staleWaitSeconds: number;
}

/** What creates the containers. */
type DriverPlan =
  /** The stack. `containers` are the token's services with the definitions of their containers. */
  | { readonly kind: "docker"; readonly containers: readonly ContainerPlan[] }
  | ({ readonly kind: "compose" } & HostCompose);

/** One service that reads the token. The approved copy that it mounts belongs to its uid. */
export type ServicePlan = ObservedService;

/** The definition of a service's container, without the mount of the token. */
export interface ContainerPlan extends ServicePlan {
  readonly image: string;
  readonly command: readonly string[] | undefined;
  readonly entrypoint: readonly string[] | undefined;
  /** Plain values, since secrets are refused here. Sorted by name. */
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly user: string | undefined;
  readonly ports: readonly PortPlan[];
  readonly networks: readonly string[];
  readonly mounts: readonly MountPlan[];
  readonly healthcheck: HealthcheckPlan | undefined;
  /** `no`, `on-failure`, `always` or `unless-stopped`. */
  readonly restart: string;
}

interface PortPlan {
  readonly internal: number;
  readonly external: number;
  readonly ip: string;
  readonly protocol: "tcp" | "udp";
}

/** A bind mount of the service, beside the mount of the token. */
interface MountPlan {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Docker's health check. Durations are in Go's notation, which Docker takes. */
export interface HealthcheckPlan {
  readonly test: readonly string[];
  readonly interval: string;
  readonly timeout: string;
  readonly startPeriod: string;
  readonly retries: number;
}
