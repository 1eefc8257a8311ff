/** Builds the plan from settings and roster without problems. */
import { posix, resolve } from "node:path";
import { CHEAPEST_MODEL } from "../claude/models.ts";
import { goDuration } from "../lib/duration.ts";
import type {
  FleetPlan,
  ContainerPlan,
  InSeconds,
  RotationPlan,
  TokenPlan,
  UserPlan,
  VaultPlan,
} from "./model.ts";
import { compareText, sortedByName } from "../lib/order.ts";
import type { ReadRoster } from "./read-roster.ts";
import type { ReadSettings } from "./read-settings.ts";
import type { HostEntry, UserEntry } from "./schema/roster.ts";
import type { ServiceEntry } from "./schema/service-settings.ts";
import type { Settings, TokenEntry } from "./schema/stack-settings.ts";
import { dataPath, metadataPath, nameInVault, policyGlob, policyName, roleName } from "./vault/names.ts";
import type { HostAddress } from "../contract/connection.ts";

/** Period of each user's token: 32 days, which is Vault's longest lease by default. */
const TOKEN_PERIOD_SECONDS = 32 * 24 * 3600;

/** Settings and roster as they were read, without problems. */
export interface Parts extends Omit<ReadSettings, "problems">, Omit<ReadRoster, "problems"> {
  readonly caPem: string | undefined;
  readonly projectFolder: string;
}

/**
 * Returns the plan, sorted but not frozen.
 * @throws Error when a part is missing, because the caller did not check for problems
 */
export function buildPlan(parts: Parts): FleetPlan {
  const fleet = certain(parts.settings.fleet);
  const { every, spread, claudeWait, waits, ...renewal } = certain(parts.settings.renewal);
  const vault = vaultPlan(fleet, certain(parts.settings.vault), parts);
  const users = parts.users.map(({ name, value }) => userPlan(fleet, vault, name, certain(value)));
  const configFile = certain(parts.settings.ssh).configFile;
  const { monitoring } = parts.settings;
  return {
    fleet,
    ssh: { configFile: configFile === undefined ? undefined : resolve(parts.projectFolder, configFile) },
    vault,
    renewal: {
      ...renewal,
      ...inSeconds({ every, spread, claudeWait }),
      purgeBackupsOf: renewal.purgeBackupsOf.toSorted(compareText),
      waits: inSeconds(waits),
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

/** Returns durations of the settings, which are seconds, under the plan's names. */
function inSeconds<Name extends string>(durations: Readonly<Record<Name, number>>): InSeconds<Name> {
  const named = Object.entries(durations).map(([name, seconds]) => [`${name}Seconds`, seconds]);
  return Object.fromEntries(named) as InSeconds<Name>;
}

function vaultPlan(fleet: string, vault: Settings["vault"], parts: Parts): VaultPlan {
  const { caFile, rotateTokensAfter, ...rest } = vault;
  return {
    ...rest,
    caPem: parts.caPem,
    caFile: caFile === "" ? undefined : resolve(parts.projectFolder, caFile),
    role: roleName(fleet),
    policyGlob: policyGlob(fleet),
    tokenPeriodSeconds: TOKEN_PERIOD_SECONDS,
    tokenBoundCidrs: [...new Set(vault.tokenBoundCidrs)].toSorted(compareText),
    rotateTokensAfterSeconds: rotateTokensAfter,
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
  const { gate, file, diagnosis } = entry;
  const { maxUnavailable, staleProcesses, ...waits } = entry.rollout;
  const { window, ...lines } = diagnosis.logs;
  return {
    name,
    address: hostAddress(entry.host),
    file,
    gate: { ...gate, model: gate.model ?? CHEAPEST_MODEL[gate.probe] },
    rollout: { maxUnavailable, staleProcesses, ...inSeconds(waits) },
    ...drivenServices(entry),
    diagnosis: { ...diagnosis, logs: { ...inSeconds({ window }), ...lines } },
    rotation: rotationPlan(entry.rotation, projectFolder),
  };
}

function rotationPlan(entry: TokenEntry["rotation"], projectFolder: string): RotationPlan {
  const { issue, alert } = entry;
  return {
    ...entry,
    issue: issue && { ...issue, tokenFile: issue.tokenFile && resolve(projectFolder, issue.tokenFile) },
    alert: alert && {
      alertmanager: alert.alertmanager,
      name: alert.name,
      ...inSeconds({ wait: alert.wait, poll: alert.poll }),
    },
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

function containerPlan({ environment = [], healthcheck, ...entry }: ServiceEntry): ContainerPlan {
  return {
    ...entry,
    environment,
    healthcheck: healthcheck && {
      test: healthcheck.test,
      interval: goDuration(healthcheck.interval),
      timeout: goDuration(healthcheck.timeout),
      startPeriod: goDuration(healthcheck.startPeriod),
      retries: healthcheck.retries,
    },
  };
}
