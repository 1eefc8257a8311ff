/** The standard input of every command and observation: what a host needs to know, and how it is reached. */
import { posix } from "node:path";
import { PROTOCOL } from "../contract/fields.ts";
import type { HostCompose, HostToken } from "../contract/token-file.ts";
import type { RulesPlan } from "../contract/rules.ts";
import type { TokenQuestion } from "../contract/rotation.ts";
import { metadataPath } from "../plan/vault-names.ts";
import type { FleetPlan, MonitoringPlan, ServicePlan, TokenPlan, WorkstationPlan } from "../plan/model.ts";
import type { HostPlan } from "../contract/host-plan.ts";
import type { RequestOf } from "../contract/actions.ts";
import type { ContainerCheck, ContainerOwner, Recreation, StaleQuestion } from "../contract/rollout.ts";
import type { CommandInput, VaultWorkInput } from "../contract/command-input.ts";
import type { Connection, VaultAccess } from "../contract/connection.ts";

/** How the host of a workstation, a token file or the rules is reached. */
export function connectionOf(
  plan: FleetPlan,
  host: WorkstationPlan | TokenPlan | MonitoringPlan,
): Connection {
  return { address: host.address, ssh: plan.ssh };
}

/** How the operator's side of an enrolment reaches Vault. */
function vaultOf({ vault }: FleetPlan): VaultAccess {
  return { address: vault.address, namespace: vault.namespace, caPem: vault.caPem, role: vault.role };
}

/** `apply` (and, on delete, `remove`) of a workstation. */
export function applyRequest(
  plan: FleetPlan,
  workstation: WorkstationPlan,
  wanted: HostPlan,
): CommandInput<"apply"> {
  return {
    connection: connectionOf(plan, workstation),
    vault: vaultOf(plan),
    request: { action: "apply", plan: wanted, maxChanges: plan.renewal.maxChangesPerUp },
  };
}

/**
 * `retire` of a workstation: the same plan without its files, and with a program digest that stands for none, since
 * a new unit or a new program is no reason to look for users to retire.
 */
export function retireRequest(
  plan: FleetPlan,
  workstation: WorkstationPlan,
  wanted: HostPlan,
): CommandInput<"retire"> {
  return {
    connection: connectionOf(plan, workstation),
    vault: vaultOf(plan),
    request: {
      action: "retire",
      plan: { ...wanted, files: [], program: { version: "any", sha256: "0".repeat(64) } },
      maxChanges: plan.renewal.maxChangesPerUp,
    },
  };
}

/** The revocation of tokens that nobody has. */
export function sweepRequest(plan: FleetPlan): VaultWorkInput<"sweep"> {
  return { fleet: plan.fleet, vault: vaultOf(plan) };
}

/** The destruction of a user's backups. */
export function purgeRequest(plan: FleetPlan, user: string): VaultWorkInput<"purge"> {
  return { fleet: plan.fleet, user, metadataPath: metadataPath(plan.vault, user), vault: vaultOf(plan) };
}

/** The placement (and, on delete, the removal) of the rules. */
export function rulesRequest(
  plan: FleetPlan,
  monitoring: MonitoringPlan,
  rules: RulesPlan,
): CommandInput<"rules"> {
  return { connection: connectionOf(plan, monitoring), request: { action: "rules", rules } };
}

/** A token file, as its host needs to know it. */
export function hostToken(plan: FleetPlan, token: TokenPlan): HostToken {
  return {
    protocol: PROTOCOL,
    fleet: plan.fleet,
    name: token.name,
    file: token.file,
    uids: [...new Set(token.services.map(({ uid }) => uid))].sort((a, b) => a - b),
    gate: token.gate,
  };
}

/** The gate of a token's candidate. */
export function gateRequest(
  plan: FleetPlan,
  token: TokenPlan,
  sha256: string | undefined,
): CommandInput<"gate"> {
  return {
    connection: connectionOf(plan, token),
    request: { action: "gate", token: hostToken(plan, token), sha256: sha256 ?? "unknown" },
  };
}

/** The removal of what an interrupted rollout has left under a service's name. */
export function clearRequest(plan: FleetPlan, token: TokenPlan, service: ServicePlan): CommandInput<"clear"> {
  const leftover: ContainerOwner = {
    protocol: PROTOCOL,
    container: service.container,
    fleet: plan.fleet,
    token: token.name,
    service: service.name,
    gracePeriodSeconds: token.rollout.gracePeriodSeconds,
  };
  return { connection: connectionOf(plan, token), request: { action: "clear", leftover } };
}

/** What the host says about a token file, its containers and its compose file. */
export function tokenQuestion(plan: FleetPlan, token: TokenPlan): RequestOf<"observe-token"> {
  const compose = token.driver.kind === "compose" ? hostCompose(token.driver) : undefined;
  return {
    action: "observe-token",
    token: hostToken(plan, token),
    services: observedServices(token),
    compose,
  };
}

function observedServices({ services }: TokenPlan) {
  return services.map(({ name, container, target, uid }) => ({ name, container, target, uid }));
}

/** What a diagnosis looks at. @param former whether the token before the current one is asked, too */
export function diagnosisQuestion(plan: FleetPlan, token: TokenPlan, former: boolean): TokenQuestion {
  const { gateway, fallbackKey, logs, failedTasks } = token.diagnosis;
  return {
    token: hostToken(plan, token),
    services: observedServices(token),
    gateway,
    fallbackKey,
    environment: token.rotation.environment,
    logs,
    failedTasks,
    former,
  };
}

/** How far the token's host is. */
export function rotationQuestion(plan: FleetPlan, token: TokenPlan): RequestOf<"rotation-state"> {
  const { environment } = token.rotation;
  return {
    action: "rotation-state",
    token: hostToken(plan, token),
    services: observedServices(token),
    environment,
  };
}

function hostCompose({ file, directory, recreate }: HostCompose): HostCompose {
  return { file, directory, recreate };
}

/** The check inside one container. */
export function verifyRequest(
  plan: FleetPlan,
  token: TokenPlan,
  service: ServicePlan,
  sha256: string | undefined,
): CommandInput<"verify"> {
  const check = containerCheck(token, service, sha256);
  return { connection: connectionOf(plan, token), request: { action: "verify", check } };
}

/** The recreation of a compose file's service, and the check inside it. */
export function recreateRequest(
  plan: FleetPlan,
  token: TokenPlan,
  service: ServicePlan,
  compose: HostCompose,
  sha256: string | undefined,
): CommandInput<"recreate"> {
  const recreation: Recreation = {
    protocol: PROTOCOL,
    fleet: plan.fleet,
    token: token.name,
    file: token.file,
    service: service.name,
    compose: hostCompose(compose),
    gracePeriodSeconds: token.rollout.gracePeriodSeconds,
    check: containerCheck(token, service, sha256),
  };
  return { connection: connectionOf(plan, token), request: { action: "recreate", recreation } };
}

/** The look for processes that have outlived the rollout with a former token. */
export function staleRequest(
  plan: FleetPlan,
  token: TokenPlan,
  sha256: string | undefined,
): CommandInput<"stale"> {
  const { staleProcesses, staleWaitSeconds, gracePeriodSeconds } = token.rollout;
  const question: StaleQuestion = {
    token: hostToken(plan, token),
    sha256: sha256 ?? "unknown",
    containers: token.services.map(({ container }) => container),
    then: staleProcesses,
    waitSeconds: staleWaitSeconds,
    gracePeriodSeconds,
  };
  return { connection: connectionOf(plan, token), request: { action: "stale", question } };
}

/** Path on the host of the copy that a service mounts. */
export function copyOf(token: TokenPlan, { uid }: ServicePlan, sha256: string): string {
  return posix.join(posix.dirname(token.file), "auth.d", `${sha256}.${uid}.json`);
}

/** What is checked inside a service's container. */
export function containerCheck(
  token: TokenPlan,
  service: ServicePlan,
  sha256: string | undefined,
): ContainerCheck {
  return {
    protocol: PROTOCOL,
    container: service.container,
    source: copyOf(token, service, sha256 ?? "unknown"),
    target: service.target,
    sha256: sha256 ?? "unknown",
    healthTimeoutSeconds: token.rollout.healthTimeoutSeconds,
  };
}
