/**
 * The types of the plan: roster and settings as plain, frozen, sorted data, which everything else reads. The descriptions
 * in plan/schema/ hold for the fields that are taken from there.
 */
import type { Connection, HostAddress } from "../contract/connection.ts";
import type { HostPlan, HostUser } from "../contract/host-plan.ts";
import type { Logs } from "../contract/rotation.ts";
import type { Gate, HostCompose, ObservedService } from "../contract/token-file.ts";
import type { ServiceEntry } from "./schema/service-settings.ts";
import type { Settings, TokenEntry } from "./schema/stack-settings.ts";

/** A value that cannot be changed, nor anything in it. */
type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;

/** Durations of the settings in seconds, each under its name with this ending. */
export type InSeconds<Name extends string> = { readonly [Key in Name as `${Key}Seconds`]: number };

/** The plan of a whole fleet. */
export interface FleetPlan {
  /** `[a-z][a-z0-9]*`. It is part of every name that the fleet owns. */
  readonly fleet: string;
  /** How the operator's ssh is configured. */
  readonly ssh: Connection["ssh"];
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

/** Where the fleet's backups are in Vault, and the names that the fleet owns there. */
export interface VaultPlan extends Frozen<Omit<Settings["vault"], "caFile" | "rotateTokensAfter">> {
  /** PEM text of the CA that signs Vault's certificate. Undefined: each machine's own CAs. */
  readonly caPem: string | undefined;
  /** Absolute path of that CA on the operator's machine, as the Vault provider wants it. */
  readonly caFile: string | undefined;
  /** Token role `claude-<fleet>`. */
  readonly role: string;
  /** Policies that the role may hand out: `claude-<fleet>-*`. */
  readonly policyGlob: string;
  /** Period of each user's token, in seconds: 32 days. */
  readonly tokenPeriodSeconds: number;
  /** Age in seconds at which an `up` replaces a user's token. Undefined: never. */
  readonly rotateTokensAfterSeconds: number | undefined;
}

/** How the workstations' agents work, and what one `up` may change. */
type RenewalPlan = HostPlan["renewal"] &
  InSeconds<"spread"> &
  Frozen<Pick<Settings["renewal"], "maxChangesPerUp" | "purgeBackupsOf" | "sudoers">>;

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

/** How containers are recreated when the token changes. */
export type RolloutPlan = Pick<TokenEntry["rollout"], "maxUnavailable" | "staleProcesses"> &
  InSeconds<"gracePeriod" | "healthTimeout" | "staleWait">;

/** What creates the containers. */
type DriverPlan =
  /** The stack. `containers` are the token's services with the definitions of their containers. */
  | { readonly kind: "docker"; readonly containers: readonly ContainerPlan[] }
  | ({ readonly kind: "compose" } & HostCompose);

/** One service that reads the token. The approved copy that it mounts belongs to its uid. */
export type ServicePlan = ObservedService;

/** The definition of a service's container, without the mount of the token. */
export interface ContainerPlan extends Frozen<Omit<ServiceEntry, "environment" | "healthcheck">> {
  readonly environment: Frozen<NonNullable<ServiceEntry["environment"]>>;
  readonly healthcheck: HealthcheckPlan | undefined;
}

/** Docker's health check. Durations are in Go's notation, which Docker takes. */
type HealthcheckPlan = Readonly<Record<"interval" | "timeout" | "startPeriod", string>> &
  Frozen<Pick<NonNullable<ServiceEntry["healthcheck"]>, "test" | "retries">>;

/** How `diagnose` finds out whether a token is dead. It skips what the settings leave out. */
type DiagnosisPlan = Frozen<Omit<TokenEntry["diagnosis"], "logs">> & { readonly logs: Logs };

/** What `rotate` needs to know beyond the token itself. The `tokenFile` of the issue is an absolute path. */
export type RotationPlan = Frozen<Omit<TokenEntry["rotation"], "alert">> & {
  readonly alert: AlertPlan | undefined;
};

/** The alert that a dead token raises. */
export type AlertPlan = Pick<NonNullable<TokenEntry["rotation"]["alert"]>, "alertmanager" | "name"> &
  InSeconds<"wait" | "poll">;
