/** What a token's host is asked and told: the requests about its token file, its containers and a rotation. */
import { posix } from "node:path";
import type { RequestOf } from "../../contract/actions.ts";
import { PROTOCOL } from "../../contract/fields.ts";
import type { ContainerCheck } from "../../contract/rollout.ts";
import type { HostCompose, HostToken } from "../../contract/token-file.ts";
import type { FleetPlan, ServicePlan, TokenPlan } from "../model.ts";

/** Stands for the digest of a candidate that its host did not report. */
const UNKNOWN = "unknown";

/** Returns a token file as its host needs to know it. */
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

/** Returns the request for the state of a token file, its containers and its compose file. */
export function observeTokenRequest(plan: FleetPlan, token: TokenPlan): RequestOf<"observe-token"> {
  return {
    action: "observe-token",
    token: hostToken(plan, token),
    services: observedServices(token),
    compose: token.driver.kind === "compose" ? hostCompose(token.driver) : undefined,
  };
}

/** Returns the request for a diagnosis. @param former whether it also tries the token before the current one */
export function diagnoseRequest(
  plan: FleetPlan,
  token: TokenPlan,
  former: boolean,
): RequestOf<"diagnose-token"> {
  const { gateway, fallbackKey, logs, failedTasks } = token.diagnosis;
  return {
    action: "diagnose-token",
    question: {
      token: hostToken(plan, token),
      services: observedServices(token),
      gateway,
      fallbackKey,
      environment: token.rotation.environment,
      logs,
      failedTasks,
      former,
    },
  };
}

/** Returns the request for how far a rotation is on the token's host. */
export function rotationStateRequest(plan: FleetPlan, token: TokenPlan): RequestOf<"rotation-state"> {
  return {
    action: "rotation-state",
    token: hostToken(plan, token),
    services: observedServices(token),
    environment: token.rotation.environment,
  };
}

/** Returns the request for the gate of a token's candidate. @param sha256 of the candidate; undefined when not known */
export function gateRequest(
  plan: FleetPlan,
  token: TokenPlan,
  sha256: string | undefined,
): RequestOf<"gate"> {
  return { action: "gate", token: hostToken(plan, token), sha256: sha256 ?? UNKNOWN };
}

/** Returns the request to remove what an interrupted rollout has left under a service's name. */
export function clearRequest(plan: FleetPlan, token: TokenPlan, service: ServicePlan): RequestOf<"clear"> {
  return {
    action: "clear",
    leftover: {
      protocol: PROTOCOL,
      container: service.container,
      fleet: plan.fleet,
      token: token.name,
      service: service.name,
      gracePeriodSeconds: token.rollout.gracePeriodSeconds,
    },
  };
}

/** Returns the request to recreate a compose file's service with the approved copy, and to check it. */
export function recreateRequest(
  plan: FleetPlan,
  token: TokenPlan,
  service: ServicePlan,
  compose: HostCompose,
  sha256: string | undefined,
): RequestOf<"recreate"> {
  return {
    action: "recreate",
    recreation: {
      protocol: PROTOCOL,
      fleet: plan.fleet,
      token: token.name,
      file: token.file,
      service: service.name,
      compose: hostCompose(compose),
      gracePeriodSeconds: token.rollout.gracePeriodSeconds,
      check: containerCheck(token, service, sha256),
    },
  };
}

/** Returns the request to find processes that outlived a rollout with a former token. */
export function staleRequest(
  plan: FleetPlan,
  token: TokenPlan,
  sha256: string | undefined,
): RequestOf<"stale"> {
  const { staleProcesses, staleWaitSeconds, gracePeriodSeconds } = token.rollout;
  return {
    action: "stale",
    question: {
      token: hostToken(plan, token),
      sha256: sha256 ?? UNKNOWN,
      containers: token.services.map(({ container }) => container),
      then: staleProcesses,
      waitSeconds: staleWaitSeconds,
      gracePeriodSeconds,
    },
  };
}

/** Returns the check inside a service's container. */
export function verifyRequest(
  token: TokenPlan,
  service: ServicePlan,
  sha256: string | undefined,
): RequestOf<"verify"> {
  return { action: "verify", check: containerCheck(token, service, sha256) };
}

/** Returns the path, on the token's host, of the approved copy that a service mounts. */
export function approvedCopy(token: TokenPlan, { uid }: ServicePlan, sha256: string): string {
  return posix.join(posix.dirname(token.file), "auth.d", `${sha256}.${uid}.json`);
}

function containerCheck(token: TokenPlan, service: ServicePlan, sha256 = UNKNOWN): ContainerCheck {
  return {
    protocol: PROTOCOL,
    container: service.container,
    source: approvedCopy(token, service, sha256),
    target: service.target,
    sha256,
    healthTimeoutSeconds: token.rollout.healthTimeoutSeconds,
  };
}

function observedServices({ services }: TokenPlan) {
  return services.map(({ name, container, target, uid }) => ({ name, container, target, uid }));
}

function hostCompose({ file, directory, recreate }: HostCompose): HostCompose {
  return { file, directory, recreate };
}
