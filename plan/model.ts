/** The plan: what the roster and the settings mean, as plain, frozen, sorted data. Everything else reads this. */
import type { Connection, HostAddress } from "../contract/connection.ts";
import type { HostUser, Waits } from "../contract/host-plan.ts";
import type { Gate, HostCompose, ObservedService } from "../contract/token-file.ts";
import type { DiagnosisPlan, RotationPlan } from "./rotation-model.ts";

/** What the whole fleet shares. */
export interface FleetPlan {
  /** `[a-z][a-z0-9]*`; part of every name that the fleet owns. */
  readonly fleet: string;
  readonly ssh: SshPlan;
  readonly vault: VaultPlan;
  readonly renewal: RenewalPlan;
  /** Sorted by name. */
  readonly workstations: readonly WorkstationPlan[];
  /** Sorted by name. */
  readonly tokens: readonly TokenPlan[];
  /** Undefined: whoever runs Prometheus brings the rules there. */
  readonly monitoring: MonitoringPlan | undefined;
}

/** Where the rules of Prometheus and Loki and the dashboard are kept in line with the settings. */
export interface MonitoringPlan {
  readonly address: HostAddress;
  /** Absolute path there. */
  readonly directory: string;
  /** Where people read docs/reference/alerts.md. Undefined: alerts name its path in the project. */
  readonly runbook: string | undefined;
}

/** How the operator's ssh is configured. */
export type SshPlan = Connection["ssh"];

/** Where the fleet's secrets live, and the names that it owns there. */
export interface VaultPlan {
  /** As the operator's machine reaches it. */
  readonly address: string;
  /** Empty: the root namespace. */
  readonly namespace: string;
  /** KV version 2 mount, without slashes at its ends. */
  readonly mount: string;
  /** Folder below the mount that holds one entry a user. */
  readonly prefix: string;
  /** PEM text of the CA that signs Vault's certificate; undefined: the system's store. */
  readonly caPem: string | undefined;
  /** Absolute path of that CA on the operator's machine, as the Vault provider wants it. */
  readonly caFile: string | undefined;
  readonly manageMount: boolean;
  /** Version that the provider should assume (OpenBao numbers its releases differently); undefined: ask the server. */
  readonly versionOverride: string | undefined;
  /** Whether a review looks for tokens of the fleet that nobody has: it lists every token of the namespace. */
  readonly strayTokens: "look" | "leave";
  /** Token role `claude-<fleet>`. */
  readonly role: string;
  /** Policies that the role may hand out: `claude-<fleet>-*`. */
  readonly policyGlob: string;
  /** Period of each user's token, in seconds: 32 days. */
  readonly tokenPeriodSeconds: number;
  /** Networks to which the role binds users' tokens, sorted, as Vault writes them; empty: to none. */
  readonly tokenBoundCidrs: readonly string[];
  /** Age in seconds at which an `up` gives a user another token; undefined: never. */
  readonly rotateTokensAfterSeconds: number | undefined;
}

/** How the workstations' agents behave. All times in seconds. */
export interface RenewalPlan {
  readonly everySeconds: number;
  readonly spreadSeconds: number;
  readonly minClaudeVersion: string;
  /** How long a run waits for the CLI before it leaves it to itself. */
  readonly claudeWaitSeconds: number;
  /** At most this many users may be enrolled or retired by one `up`. */
  readonly maxChangesPerUp: number;
  /** Whether objects of the same name that this fleet did not make may be taken over. */
  readonly adopt: boolean;
  /** Users, by the names that Vault knows, of whom no backup shall be left; sorted. */
  readonly purgeBackupsOf: readonly string[];
  readonly waits: Waits;
}

export interface WorkstationPlan {
  readonly name: string;
  readonly address: HostAddress;
  /** Vault as this host reaches it. */
  readonly vaultAddress: string;
  /** Sorted by name; those that are not renewed included. */
  readonly users: readonly UserPlan[];
}

/** A user of the roster: what their host knows, and where they are. */
export interface UserPlan extends HostUser {
  readonly workstation: string;
}

/** A token file and the containers that follow it. */
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
  /** What becomes of processes that outlive the rollout with a former token in their environment. */
  readonly staleProcesses: "list" | "wait" | "stop";
  /** How long `wait` waits. */
  readonly staleWaitSeconds: number;
}

/** Who makes the containers. */
export type DriverPlan =
  /** The stack itself; `containers` are the token's services, each with all that its container is made of. */
  | { readonly kind: "docker"; readonly containers: readonly ContainerPlan[] }
  | ({ readonly kind: "compose" } & HostCompose);

/** One service that reads the token, as the rollout knows it. The copy that it mounts belongs to its uid. */
export type ServicePlan = ObservedService;

/** A service's container. Everything but the token's mount is passed on to the engine. */
export interface ContainerPlan extends ServicePlan {
  readonly image: string;
  readonly command: readonly string[] | undefined;
  readonly entrypoint: readonly string[] | undefined;
  /** Plain values only: secrets in here are refused. Sorted by name. */
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly user: string | undefined;
  readonly ports: readonly PortPlan[];
  readonly networks: readonly string[];
  readonly mounts: readonly MountPlan[];
  readonly healthcheck: HealthcheckPlan | undefined;
  /** `no`, `on-failure`, `always` or `unless-stopped`. */
  readonly restart: string;
}

export interface PortPlan {
  readonly internal: number;
  readonly external: number;
  readonly ip: string;
  readonly protocol: "tcp" | "udp";
}

/** A further bind mount of the service's own. */
export interface MountPlan {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Docker's health check; durations in Go's notation, as Docker takes them. */
export interface HealthcheckPlan {
  readonly test: readonly string[];
  readonly interval: string;
  readonly timeout: string;
  readonly startPeriod: string;
  readonly retries: number;
}
