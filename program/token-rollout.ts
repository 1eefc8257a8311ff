/** Declares one token's rollout: its gate, and behind it the containers in their order. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { ComposeConsumer } from "../components/compose-consumer.ts";
import { StaleProcesses } from "../components/stale-processes.ts";
import { TokenConsumer } from "../components/token-consumer.ts";
import { TokenGate } from "../components/token-gate.ts";
import type { ContainerPlan, FleetPlan } from "../plan/model.ts";
import { connectionOf } from "../plan/requests/connection.ts";
import * as requests from "../plan/requests/token.ts";
import { dockerHost } from "./docker-host.ts";
import { clearLeftover } from "./leftovers.ts";
import { succeeded } from "./turn.ts";
import type { TokenReview } from "./review.ts";
import type { HostCompose } from "../contract/token-file.ts";

/**
 * No more than `maxUnavailable` containers are away at once, and none follows one that failed: each waits for all
 * those that are further ahead of it than that. Only the gate is a dependency, since it leaves with its containers alone.
 */
export async function declareRollout(plan: FleetPlan, review: TokenReview): Promise<void> {
  const { token, sha256, refused, drift } = review;
  const gate = new TokenGate(token.name, {
    token: token.name,
    request: { connection: connectionOf(plan, token), request: requests.gateRequest(plan, token, sha256) },
    sha256,
    drift,
  });
  // In an `up` nothing follows because the gate fails.
  const followed = refused && pulumi.runtime.isDryRun() ? { ...review, sha256: undefined } : review;
  const declare =
    token.driver.kind === "docker"
      ? dockerDriver(plan, followed, gate, token.driver.containers)
      : composeDriver(plan, followed, gate, token.driver);
  const declared: Consumer[] = [];
  const failedAhead = async (count: number) =>
    !(await succeeded(declared.slice(0, Math.max(0, count)).map(({ verified }) => verified)));
  for (const index of token.services.keys()) {
    const held = await failedAhead(index - token.rollout.maxUnavailable + 1);
    declared.push(declare(index, held));
  }
  const held = await failedAhead(declared.length);
  const request = {
    connection: connectionOf(plan, token),
    request: requests.staleRequest(plan, token, followed.sha256),
  };
  new StaleProcesses(token.name, { request, sha256: followed.sha256, held }, { dependsOn: gate });
}

/** A service, as far as the next one waits for it. */
type Consumer = Pick<TokenConsumer, "verified">;

/** Declares the service at `index`. @param held whether one has failed that it was to wait for */
type Declare = (index: number, held: boolean) => Consumer;

function dockerDriver(
  plan: FleetPlan,
  { token, sha256 }: TokenReview,
  gate: TokenGate,
  containers: readonly ContainerPlan[],
): Declare {
  const connection = connectionOf(plan, token);
  const engine = new docker.Provider(`docker-${token.name}`, dockerHost(plan, token));
  return (index, held) => {
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
        source: (passed) => requests.approvedCopy(token, service, passed),
        check: { connection, request: requests.verifyRequest(token, service, sha256) },
        beforeCreate: clearLeftover(name, {
          connection,
          request: requests.clearRequest(plan, token, service),
        }),
        held,
      },
      { provider: engine, dependsOn: gate },
    );
  };
}

function composeDriver(
  plan: FleetPlan,
  { token, sha256, containers }: TokenReview,
  gate: TokenGate,
  compose: HostCompose,
): Declare {
  const connection = connectionOf(plan, token);
  return (index, held) => {
    const service = at(token.services, index);
    return new ComposeConsumer(
      `${token.name}/${service.name}`,
      {
        request: { connection, request: requests.recreateRequest(plan, token, service, compose, sha256) },
        sha256,
        drift: containers.get(service.container) ?? { kind: "none" },
        held,
      },
      { dependsOn: gate },
    );
  };
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`There is no service at ${index}.`);
  return found;
}
