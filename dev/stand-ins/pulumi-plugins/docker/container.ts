// docker:index/container:Container on the engine.
import type Docker from "dockerode";
import type { Container, ContainerInspectInfo } from "dockerode";
import { setTimeout as sleep } from "node:timers/promises";
import { compareValues } from "../provider/compare.ts";
import { PartialFailure } from "../provider/resource.ts";
import type { Operation } from "../provider/resource.ts";
import type { ServerOperations } from "../provider/terraform.ts";
import type { Properties } from "../provider/value.ts";
import { numberOf, textOf } from "../provider/properties.ts";
import { unreachable } from "./connect.ts";
import { containerProperties } from "./inspect.ts";
import { createOptions, networkEndpoints, updateOptions } from "./options.ts";
import { refuse } from "./refusals.ts";

/** How often a container's health is looked at, in milliseconds. */
const HEALTH_POLL_MS = 1000;

/** The properties that the engine can change in a running container; any of them sends all. */
const ADJUSTED = [
  "restart",
  "maxRetryCount",
  "cpuShares",
  "memory",
  "memoryReservation",
  "cpuSet",
  "memorySwap",
];

/** https://github.com/kreuzwerker/terraform-provider-docker/blob/v4.2.0/internal/provider/resource_docker_container_funcs.go */
export function containerOperations(docker: Docker, host: string): ServerOperations {
  return {
    keepsPlanAfterUpdate: true,

    async create(operation, planned) {
      await answering(host, () => docker.ping());
      await ensureImage(docker, operation, textOf(planned, "image"));
      refuse(await answering(host, () => docker.version()), planned);
      const container = await docker.createContainer(createOptions(planned)).catch((error: unknown) => {
        throw failed(`Container ${textOf(planned, "name")} cannot be created`, error);
      });
      try {
        await begin(docker, operation, container, planned);
      } catch (error) {
        // It exists now: without its id in the state nothing would ever remove it.
        throw new PartialFailure(messageOf(error), { id: container.id, outputs: planned }, { cause: error });
      }
      return container.id;
    },

    async read(_operation, id, state) {
      const found = await inspect(docker, host, id);
      return found === undefined ? undefined : containerProperties(found, state);
    },

    async update(_operation, id, planned, state) {
      const container = docker.getContainer(id);
      await answering(host, () => docker.ping());
      if (state["mustRun"] === false && planned["mustRun"] === true && planned["start"] === true) {
        await container.start().catch(unless(304, `Container ${id} cannot be started`));
      }
      if (ADJUSTED.some((name) => compareValues(pick(state, name), pick(planned, name)).length > 0)) {
        await container.update(updateOptions(planned)).catch((error: unknown) => {
          throw failed(`Container ${textOf(planned, "name")} cannot be updated`, error);
        });
      }
      return id;
    },

    async delete(_operation, id, state) {
      const container = docker.getContainer(id);
      await answering(host, () => docker.ping());
      if (state["attach"] !== true) {
        const t = Math.max(0, numberOf(state, "destroyGraceSeconds"));
        await container.stop({ t }).catch(unless(404, `Container ${id} cannot be stopped`, 304));
      }
      await container
        .remove({ v: state["removeVolumes"] !== false, force: true })
        .catch(unless(404, `Container ${id} cannot be removed`, 409));
      const condition = state["rm"] === true ? "removed" : "not-running";
      await container.wait({ condition }).catch(unless(404, `Container ${id} cannot be waited for`));
    },
  };
}

/** Puts a created container on its networks, starts it, and waits for its health, as it asks for. */
async function begin(
  docker: Docker,
  operation: Operation,
  container: Container,
  planned: Properties,
): Promise<void> {
  const networks = networkEndpoints(planned);
  if (networks.length > 0) {
    await docker
      .getNetwork("bridge")
      .disconnect({ Container: container.id })
      .catch((error: unknown) => {
        if (!messageOf(error).includes("is not connected to")) throw error;
      });
  }
  for (const { name, endpoint } of networks) {
    await docker.getNetwork(name).connect({ Container: container.id, EndpointConfig: endpoint });
  }
  if (planned["start"] !== true) return;
  await container.start();
  if (planned["wait"] === true) await waitUntilHealthy(operation, container, planned);
  if (planned["attach"] === true) await container.wait();
}

async function waitUntilHealthy(
  operation: Operation,
  container: Container,
  planned: Properties,
): Promise<void> {
  const seconds = numberOf(planned, "waitTimeout");
  const name = textOf(planned, "name");
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const { State: state } = await container.inspect();
    if (state.Health === undefined) {
      throw new Error(
        `Container ${name} has no health check to wait for: give it a healthcheck, or drop wait.`,
      );
    }
    if (state.Health.Status === "healthy") return;
    if (Date.now() >= until || operation.signal.aborted) {
      const last = state.Health.Log?.at(-1)?.Output.trim().slice(0, 500) ?? "";
      throw new Error(
        `Container ${name} was not healthy within ${String(seconds)} s (${state.Health.Status}${last === "" ? "" : `: ${last}`}): see \`docker logs ${name}\`. It is left as it is.`,
      );
    }
    await sleep(HEALTH_POLL_MS);
  }
}

/** Uses an image that is there, else pulls it. */
async function ensureImage(docker: Docker, operation: Operation, image: string): Promise<void> {
  const found = await docker
    .getImage(image)
    .inspect()
    .then(() => true, unless(404, `Image ${image} cannot be looked up`));
  if (found === true) return;
  operation.log("info", `pulling ${image}`, { ephemeral: true });
  try {
    const stream = await docker.pull(image);
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error) => (error === null ? resolve() : reject(error)));
    });
  } catch (error) {
    throw failed(`Image ${image} is not on this engine, and cannot be pulled`, error);
  }
}

/** The container; undefined when it is gone. The list tells that apart from every other reason. */
async function inspect(docker: Docker, host: string, id: string): Promise<ContainerInspectInfo | undefined> {
  const all = await answering(host, () => docker.listContainers({ all: true }));
  if (!all.some((container) => container.Id === id)) return undefined;
  const found = await docker
    .getContainer(id)
    .inspect()
    .catch(unless(404, `Container ${id} cannot be read`));
  return found ?? undefined;
}

async function answering<T>(host: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw unreachable(host, error);
  }
}

/** Lets answers with these statuses pass, and names what failed for every other. */
function unless(status: number, what: string, also = status): (error: unknown) => undefined {
  return (error) => {
    const code = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
    if (code !== status && code !== also) throw failed(what, error);
    return undefined;
  };
}

function failed(what: string, error: unknown): Error {
  return new Error(`${what}: ${messageOf(error)}`, { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function pick(properties: Properties, name: string): Properties {
  const value = properties[name];
  return value === undefined || value === 0 || value === "" ? {} : { [name]: value };
}
