/** The standard input of every command and observation: what a host needs to know, and how it is reached. */
import { posix } from "node:path";
import type { Connection } from "../cli/host/ssh.ts";
import { PROTOCOL } from "../host/protocol/shared.ts";
import type { HostPlan } from "../host/protocol/workstation.ts";
import type {
  ContainerCheck,
  ContainerOwner,
  HostCompose,
  HostToken,
  Recreation,
  StaleQuestion,
} from "../host/protocol/token.ts";
import type { RulesPlan } from "../host/protocol/rules.ts";
import type { HostRequest } from "../host/protocol/conversation.ts";
import type { TokenQuestion } from "../host/protocol/rotation.ts";
import { metadataPath } from "../plan/vault-names.ts";
import type {
  ComposePlan,
  FleetPlan,
  MonitoringPlan,
  ServicePlan,
  TokenPlan,
  WorkstationPlan,
} from "../plan/model.ts";

/** How the host of a workstation, a token file or the rules is reached. */
export function connectionOf(
  plan: FleetPlan,
  host: WorkstationPlan | TokenPlan | MonitoringPlan,
): Connection {
  return { address: host.address, ssh: plan.ssh };
}

/** How the operator's side of an enrolment reaches Vault. */
function vaultOf({ vault }: FleetPlan): object {
  return { address: vault.address, namespace: vault.namespace, caPem: vault.caPem, role: vault.role };
}

/** `apply` (and, on delete, `remove`) of a workstation. */
export function applyRequest(plan: FleetPlan, workstation: WorkstationPlan, wanted: HostPlan): object {
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
export function retireRequest(plan: FleetPlan, workstation: WorkstationPlan, wanted: HostPlan): object {
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
export function sweepRequest(plan: FleetPlan): object {
  return { fleet: plan.fleet, vault: vaultOf(plan) };
}

/** The destruction of a user's backups. */
export function purgeRequest(plan: FleetPlan, user: string): object {
  return { fleet: plan.fleet, user, metadataPath: metadataPath(plan.vault, user), vault: vaultOf(plan) };
}

/** The placement (and, on delete, the removal) of the rules. */
export function rulesRequest(plan: FleetPlan, monitoring: MonitoringPlan, rules: RulesPlan): object {
  return { connection: connectionOf(plan, monitoring), request: { action: "place-rules", rules } };
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
export function gateRequest(plan: FleetPlan, token: TokenPlan, sha256: string | undefined): object {
  return {
    connection: connectionOf(plan, token),
    request: { action: "gate", token: hostToken(plan, token), sha256: sha256 ?? "unknown" },
  };
}

/** The removal of what an interrupted rollout has left under a service's name. */
export function clearRequest(plan: FleetPlan, token: TokenPlan, service: ServicePlan): object {
  const leftover: ContainerOwner = {
    protocol: PROTOCOL,
    container: service.container,
    fleet: plan.fleet,
    token: token.name,
    service: service.name,
    gracePeriodSeconds: token.rollout.gracePeriodSeconds,
  };
  return { connection: connectionOf(plan, token), request: { action: "clear-container", leftover } };
}

/** What the host says about a token file, its containers and its compose file. */
export function tokenQuestion(
  plan: FleetPlan,
  token: TokenPlan,
): Extract<HostRequest, { action: "observe-token" }> {
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
export function rotationQuestion(
  plan: FleetPlan,
  token: TokenPlan,
): Extract<HostRequest, { action: "rotation-state" }> {
  const { environment } = token.rotation;
  return {
    action: "rotation-state",
    token: hostToken(plan, token),
    services: observedServices(token),
    environment,
  };
}

function hostCompose({ file, directory, recreate }: ComposePlan): HostCompose {
  return { file, directory, recreate };
}

/** The check inside one container. */
export function verifyRequest(
  plan: FleetPlan,
  token: TokenPlan,
  service: ServicePlan,
  sha256: string | undefined,
): object {
  const check = containerCheck(token, service, sha256);
  return { connection: connectionOf(plan, token), request: { action: "verify-container", check } };
}

/** The recreation of a compose file's service, and the check inside it. */
export function recreateRequest(
  plan: FleetPlan,
  token: TokenPlan,
  service: ServicePlan,
  compose: ComposePlan,
  sha256: string | undefined,
): object {
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
export function staleRequest(plan: FleetPlan, token: TokenPlan, sha256: string | undefined): object {
  const { staleProcesses, staleWaitSeconds, gracePeriodSeconds } = token.rollout;
  const question: StaleQuestion = {
    token: hostToken(plan, token),
    sha256: sha256 ?? "unknown",
    containers: token.services.map(({ container }) => container),
    then: staleProcesses,
    waitSeconds: staleWaitSeconds,
    gracePeriodSeconds,
  };
  return { connection: connectionOf(plan, token), request: { action: "stale-processes", question } };
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
