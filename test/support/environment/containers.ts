/** Looks at the five services' containers: what they mount and read, and which of them were down at the same time. */
import type Docker from "dockerode";
import * as z from "zod";
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { serviceContainer } from "../../../dev/stack-settings.ts";
import { printed } from "./run.ts";

const RUNNER = { target: "/home/runner/.config/claude-code/auth.json", uid: 1000 };
const APPUSER = { target: "/home/appuser/.config/claude-code/auth.json", uid: 1001 };

/** The runbook's five services in the order in which they are replaced, with the place and owner of their token. */
export const SERVICES = [
  { service: "runner-agent", ...RUNNER },
  { service: "runner-agent-blog", ...RUNNER },
  { service: "backend-b2b", ...APPUSER },
  { service: "backend-gateway", ...APPUSER },
  { service: "celery-worker", ...APPUSER },
].map((service) => ({ ...service, container: serviceContainer(checkout.prefix, service.service) }));

/** A service with its container, and the place and owner of its token. */
export type Service = (typeof SERVICES)[number];

/** One run of one container. */
export interface ContainerRun {
  readonly name: string;
  readonly id: string;
  /** RFC 3339; a restart changes it. */
  readonly startedAt: string;
}

/** Which containers run since when: equal before and after means that nothing was replaced or restarted. */
export async function containerRuns(
  { docker }: DevEnvironment,
  services: readonly Service[] = SERVICES,
): Promise<readonly ContainerRun[]> {
  return Promise.all(
    services.map(async ({ container }) => {
      const { Id, State } = await docker.getContainer(container).inspect();
      return { name: container, id: Id, startedAt: State.StartedAt };
    }),
  );
}

/** What each container has at its target, and says that it has. */
export async function mountedTokens(environment: DevEnvironment, services: readonly Service[] = SERVICES) {
  return Promise.all(
    services.map(async ({ container, target }) => {
      const { Config, Mounts, State } = await environment.docker.getContainer(container).inspect();
      return {
        container,
        mounts: Mounts.map(({ Type, Source, Destination, RW }) => ({ Type, Source, Destination, RW })),
        label: Config.Labels["claude-fleet.sha256"],
        health: State.Health?.Status,
        sha256: await readInside(environment, container, target),
      };
    }),
  );
}

/** Hexadecimal sha256 of a file as a container's own processes read it. */
export async function readInside(
  environment: DevEnvironment,
  container: string,
  path: string,
): Promise<string> {
  const env = { ...process.env, ...environment.variables };
  const text = await printed("docker", ["exec", container, "sha256sum", path], { env });
  return text.split(" ")[0] ?? "";
}

/** Something that happened to one of the five, in the engine's own order. */
export interface ContainerEvent {
  readonly container: string;
  /** `down`: its process has ended. `healthy`: its health check says so for the first time since its start. */
  readonly what: "down" | "healthy";
}

const engineEvent = z.object({
  Action: z.string(),
  Actor: z.object({ Attributes: z.object({ name: z.string() }) }),
});

/**
 * Writes down what the engine says of the five while `work` runs. The engine tells every event, so unlike a poll this
 * misses no moment, however short.
 */
export async function watchContainers(
  { docker }: DevEnvironment,
  work: () => Promise<unknown>,
  services: readonly Service[] = SERVICES,
): Promise<readonly ContainerEvent[]> {
  const events: ContainerEvent[] = [];
  const filters = { container: services.map(({ container }) => container), event: ["die", "health_status"] };
  const stream = await engineEvents(docker, filters);
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((text) => text !== "")) {
      const { Action, Actor } = engineEvent.parse(JSON.parse(line));
      const what = Action === "die" ? "down" : Action === "health_status: healthy" ? "healthy" : undefined;
      if (what !== undefined) events.push({ container: Actor.Attributes.name, what });
    }
  });
  try {
    await work();
  } finally {
    stream.destroy();
  }
  return events;
}

async function engineEvents(docker: Docker, filters: Record<string, string[]>) {
  return (await docker.getEvents({ filters: JSON.stringify(filters) })) as NodeJS.ReadableStream & {
    destroy(): void;
  };
}

/** The most containers that were not well at the same moment. */
export function downTogether(events: readonly ContainerEvent[]): number {
  const down = new Set<string>();
  const counts = events.map(({ container, what }) => {
    if (what === "down") down.add(container);
    else down.delete(container);
    return down.size;
  });
  return Math.max(0, ...counts);
}
