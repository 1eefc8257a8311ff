/** Declares one token's rollout: its gate, and behind it the containers in their order. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { ComposeConsumer } from "../components/compose-consumer.ts";
import { StaleProcesses } from "../components/stale-processes.ts";
import { TokenConsumer } from "../components/token-consumer.ts";
import { TokenGate } from "../components/token-gate.ts";
import type { ComposePlan, ContainerPlan, FleetPlan } from "../plan/model.ts";
import { dockerHost } from "./docker-host.ts";
import { clearLeftover } from "./leftovers.ts";
import * as requests from "./requests.ts";
import type { TokenReview } from "./review.ts";

/**
 * No more than `maxUnavailable` containers are away at once, and none follows one that failed: each waits for all
 * those that are further ahead of it than that.
 */
export function declareRollout(plan: FleetPlan, review: TokenReview): void {
  const { token, sha256, refused, drift } = review;
  const gate = new TokenGate(token.name, {
    token: token.name,
    request: requests.gateRequest(plan, token, sha256),
    sha256,
    drift,
  });
  // In an `up` nothing follows because the gate fails.
  const followed = refused && pulumi.runtime.isDryRun() ? { ...review, sha256: undefined } : review;
  const declare =
    token.driver.kind === "docker"
      ? dockerDriver(plan, followed, gate, token.driver.containers)
      : composeDriver(plan, followed, token.driver);
  const declared: pulumi.ComponentResource[] = [];
  for (const index of token.services.keys()) {
    const ahead = declared.slice(0, Math.max(0, index - token.rollout.maxUnavailable + 1));
    declared.push(declare(index, [gate, ...ahead]));
  }
  const request = requests.staleRequest(plan, token, followed.sha256);
  new StaleProcesses(token.name, { request, sha256: followed.sha256 }, { dependsOn: [gate, ...declared] });
}

/** Declares the service at `index`, which waits for the others. */
type Declare = (index: number, dependsOn: readonly pulumi.Resource[]) => pulumi.ComponentResource;

function dockerDriver(
  plan: FleetPlan,
  { token, sha256 }: TokenReview,
  gate: TokenGate,
  containers: readonly ContainerPlan[],
): Declare {
  const engine = new docker.Provider(`docker-${token.name}`, dockerHost(plan, token));
  return (index, dependsOn) => {
    const service = at(containers, index);
    const name = `${token.name}/${service.name}`;
    return new TokenConsumer(
      name,
      {
        fleet: plan.fleet,
        token: token.name,
        service,
        rollout: token.rollout,
        sha256: sha256 === undefined ? undefined : gate.passed,
        source: (passed) => requests.copyOf(token, service, passed),
        check: requests.verifyRequest(plan, token, service, sha256),
        beforeCreate: clearLeftover(name, requests.clearRequest(plan, token, service)),
      },
      { provider: engine, dependsOn: [...dependsOn] },
    );
  };
}

function composeDriver(
  plan: FleetPlan,
  { token, sha256, containers }: TokenReview,
  compose: ComposePlan,
): Declare {
  return (index, dependsOn) => {
    const service = at(token.services, index);
    return new ComposeConsumer(
      `${token.name}/${service.name}`,
      {
        request: requests.recreateRequest(plan, token, service, compose, sha256),
        sha256,
        drift: containers.get(service.container) ?? { kind: "none" },
      },
      { dependsOn: [...dependsOn] },
    );
  };
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`There is no service at ${index}.`);
  return found;
}
