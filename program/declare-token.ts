/** Declares one token: its gate, and behind it the containers in the order of the settings. */
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { ComposeConsumer } from "../components/compose-consumer.ts";
import { hostCommandLine } from "../components/host-command.ts";
import { succeeded } from "../components/resource-outcome.ts";
import { StaleProcesses } from "../components/stale-processes.ts";
import { TokenConsumer } from "../components/token-consumer.ts";
import { TokenGate } from "../components/token-gate.ts";
import type { CommandInput } from "../contract/command-input.ts";
import type { HostCompose } from "../contract/token-file.ts";
import { canonicalJson } from "../lib/canonical-json.ts";
import type { ContainerPlan, FleetPlan, TokenPlan } from "../plan/model.ts";
import { connectionOf } from "../plan/requests/connection.ts";
import * as requests from "../plan/requests/token.ts";
import type { TokenReview } from "./review.ts";

/**
 * Declares the gate, the containers and the search for stale processes. At most `maxUnavailable` containers are away at
 * the same time, and no container follows one that failed. Only the gate is a dependency for the engine, because the gate
 * leaves the fleet together with its containers.
 */
export async function declareToken(plan: FleetPlan, review: TokenReview): Promise<void> {
  const { token, sha256, refused, drift } = review;
  const connection = connectionOf(plan, token);
  const gate = new TokenGate(token.name, {
    token: token.name,
    request: { connection, request: requests.gateRequest(plan, token, sha256) },
    sha256,
    drift,
  });
  // A preview shows no container as changed that a refused candidate will not reach. In an `up` the gate itself fails.
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
  const request = { connection, request: requests.staleRequest(plan, token, followed.sha256) };
  new StaleProcesses(token.name, { request, sha256: followed.sha256, held }, { dependsOn: gate });
}

/** A declared service, as far as the next service waits for it. */
type Consumer = Pick<TokenConsumer, "verified">;

/** Declares the service at `index`. @param held whether a service has failed that it waits for */
type Declare = (index: number, held: boolean) => Consumer;

function dockerDriver(
  plan: FleetPlan,
  { token, sha256, definitions }: TokenReview,
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
        definition: definitions?.get(service.container),
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
        drift: containers.get(service.container),
        held,
      },
      { dependsOn: gate },
    );
  };
}

/** Returns how the Docker provider reaches a token's host: DOCKER_HOST or the default socket here, else the system's ssh. */
function dockerHost({ ssh }: FleetPlan, { address }: TokenPlan): docker.ProviderArgs {
  if (address.kind === "local") return {};
  const { destination } = address;
  return {
    host: destination.startsWith("ssh://") ? destination : `ssh://${destination}`,
    sshOpts: [
      ...(ssh.configFile === undefined ? [] : ["-F", ssh.configFile]),
      ...["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"],
    ],
  };
}

/**
 * Returns a hook that removes a leftover container. The engine runs it before it creates a container, and after it has
 * removed the container that the state knows. A container of that name is then a leftover of an interrupted rollout.
 * @param name of the resource that the hook is for
 */
function clearLeftover(name: string, input: CommandInput<"clear">): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}-clear`, async () => {
    await command.local.run({
      command: hostCommandLine("clear"),
      stdin: canonicalJson(input),
      logging: command.local.Logging.None,
    });
  });
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`There is no service at ${index}.`);
  return found;
}
