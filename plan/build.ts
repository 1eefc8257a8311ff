/** Builds the plan from settings and roster without problems. */
import { posix, resolve } from "node:path";
import { diagnosisPlan, rotationPlan } from "./build-rotation.ts";
import { CHEAPEST_MODEL } from "../claude/models.ts";
import { goDuration } from "../lib/duration.ts";
import type { Entries } from "./entries.ts";
import type { FleetPlan, HealthcheckPlan, ContainerPlan, TokenPlan, UserPlan, VaultPlan } from "./model.ts";
import { compareText, sortedByName } from "../lib/order.ts";
import type { HostEntry, UserEntry, WorkstationEntry } from "./schema/roster.ts";
import type { ServiceEntry } from "./schema/service.ts";
import type { Settings, TokenEntry } from "./schema/settings.ts";
import { dataPath, metadataPath, nameInVault, policyGlob, policyName, roleName } from "./vault/names.ts";
import type { HostAddress } from "../contract/connection.ts";
import type { Waits } from "../contract/host-plan.ts";

/** Period of each user's token: 32 days, which is Vault's longest lease by default. */
const TOKEN_PERIOD_SECONDS = 32 * 24 * 3600;

/** Settings and roster as they were read, without problems. */
export interface Parts {
  readonly settings: Partial<Settings>;
  readonly tokens: Entries<TokenEntry>;
  readonly workstations: Entries<WorkstationEntry>;
  readonly users: Entries<UserEntry>;
  readonly caPem: string | undefined;
  readonly projectFolder: string;
}

/**
 * Returns the plan, sorted but not frozen.
 * @throws Error when a part is missing, because the caller did not check for problems
 */
export function buildPlan(parts: Parts): FleetPlan {
  const fleet = certain(parts.settings.fleet);
  const renewal = certain(parts.settings.renewal);
  const vault = vaultPlan(fleet, certain(parts.settings.vault), parts);
  const users = parts.users.map(({ name, value }) => userPlan(fleet, vault, name, certain(value)));
  const configFile = certain(parts.settings.ssh).configFile;
  const { monitoring } = parts.settings;
  return {
    fleet,
    ssh: { configFile: configFile === undefined ? undefined : resolve(parts.projectFolder, configFile) },
    vault,
    renewal: {
      everySeconds: renewal.every,
      spreadSeconds: renewal.spread,
      minClaudeVersion: renewal.minClaudeVersion,
      claudeWaitSeconds: renewal.claudeWait,
      maxChangesPerUp: renewal.maxChangesPerUp,
      adopt: renewal.adopt,
      purgeBackupsOf: renewal.purgeBackupsOf.toSorted(compareText),
      waits: waitsPlan(renewal.waits),
    },
    workstations: sortedByName(
      parts.workstations.map(({ name, value }) => ({
        name,
        address: hostAddress(certain(value)),
        vaultAddress: certain(value).vaultAddress ?? vault.address,
        users: sortedByName(users.filter(({ workstation }) => workstation === name)),
      })),
    ),
    tokens: sortedByName(
      parts.tokens.map(({ name, value }) => tokenPlan(name, certain(value), parts.projectFolder)),
    ),
    monitoring: monitoring && {
      address: hostAddress(monitoring.host),
      directory: monitoring.directory,
      runbook: monitoring.runbook,
    },
  };
}

function certain<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("A part of the plan is missing though no problem was found.");
  return value;
}

function vaultPlan(fleet: string, vault: Settings["vault"], parts: Parts): VaultPlan {
  return {
    address: vault.address,
    namespace: vault.namespace,
    mount: vault.mount,
    prefix: vault.prefix,
    caPem: parts.caPem,
    caFile: vault.caFile === "" ? undefined : resolve(parts.projectFolder, vault.caFile),
    manageMount: vault.manageMount,
    versionOverride: vault.versionOverride,
    strayTokens: vault.strayTokens,
    role: roleName(fleet),
    policyGlob: policyGlob(fleet),
    tokenPeriodSeconds: TOKEN_PERIOD_SECONDS,
    tokenBoundCidrs: [...new Set(vault.tokenBoundCidrs)].toSorted(compareText),
    rotateTokensAfterSeconds: vault.rotateTokensAfter,
  };
}

/** The roster's fields of a user. A field that `hostUser` of the contract lacks has the type `never`, which is an error. */
type KnownToHosts = { readonly [K in keyof UserEntry]: K extends keyof UserPlan ? UserEntry[K] : never };

function userPlan(fleet: string, vault: VaultPlan, name: string, entry: KnownToHosts): UserPlan {
  const known = nameInVault({ name, formerly: entry.formerly });
  return {
    name,
    ...entry,
    policy: policyName(fleet, known),
    dataPath: dataPath(vault, known),
    metadataPath: metadataPath(vault, known),
  };
}

function hostAddress(entry: HostEntry): HostAddress {
  const become = entry.become ?? [];
  return entry.ssh === undefined
    ? { kind: "local", become }
    : { kind: "ssh", destination: entry.ssh, become };
}

function tokenPlan(name: string, entry: TokenEntry, projectFolder: string): TokenPlan {
  const { rollout, gate } = entry;
  return {
    name,
    address: hostAddress(entry.host),
    file: entry.file,
    gate: { ...gate, model: gate.model ?? CHEAPEST_MODEL[gate.probe] },
    rollout: {
      maxUnavailable: rollout.maxUnavailable,
      gracePeriodSeconds: rollout.gracePeriod,
      healthTimeoutSeconds: rollout.healthTimeout,
      staleProcesses: rollout.staleProcesses,
      staleWaitSeconds: rollout.staleWait,
    },
    ...drivenServices(entry),
    diagnosis: diagnosisPlan(entry.diagnosis),
    rotation: rotationPlan(entry.rotation, projectFolder),
  };
}

function drivenServices(entry: TokenEntry): Pick<TokenPlan, "driver" | "services"> {
  if (entry.driver === "docker") {
    const containers = (entry.services as readonly ServiceEntry[]).map(containerPlan);
    return { driver: { kind: "docker", containers }, services: containers };
  }
  const { directory, file, recreate } = entry.driver.compose;
  return {
    driver: { kind: "compose", file: posix.resolve(directory, file), directory, recreate },
    services: entry.services.map(({ name, container, target, uid }) => ({ name, container, target, uid })),
  };
}

function containerPlan(entry: ServiceEntry): ContainerPlan {
  return {
    name: entry.name,
    container: entry.container,
    image: entry.image,
    target: entry.target,
    uid: entry.uid,
    command: entry.command,
    entrypoint: entry.entrypoint,
    environment: entry.environment ?? [],
    user: entry.user,
    ports: entry.ports,
    networks: entry.networks,
    mounts: entry.mounts,
    healthcheck: entry.healthcheck && healthcheckPlan(entry.healthcheck),
    restart: entry.restart,
  };
}

function healthcheckPlan(check: NonNullable<ServiceEntry["healthcheck"]>): HealthcheckPlan {
  return {
    test: check.test,
    interval: goDuration(check.interval),
    timeout: goDuration(check.timeout),
    startPeriod: goDuration(check.startPeriod),
    retries: check.retries,
  };
}

function waitsPlan(waits: Settings["renewal"]["waits"]): Waits {
  return {
    rereadSeconds: waits.reread,
    blankRereadSeconds: waits.blankReread,
    deadRereadSeconds: waits.deadReread,
    lockRetrySeconds: waits.lockRetry,
    lockStealSeconds: waits.lockSteal,
    refreshFailingSeconds: waits.refreshFailing,
    transientSeconds: waits.transient,
    unprovenSeconds: waits.unproven,
    backupRetrySeconds: waits.backupRetry,
  };
}
