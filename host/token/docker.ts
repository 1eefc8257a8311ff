/** Reads and removes containers through the docker command, which knows the host's contexts and DOCKER_HOST. */
import { z } from "zod";
import { plainText } from "../../lib/expected-error.ts";
import { describeEnd, runProcess, type ProcessEnd } from "../../lib/run-process.ts";

const container = z.object({
  Id: z.string(),
  Name: z.string(),
  RestartCount: z.number().default(0),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Pid: z.number(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  HostConfig: z.object({ RestartPolicy: z.object({ Name: z.string() }).nullish() }),
  Mounts: z.array(z.object({ Source: z.string().default(""), Destination: z.string() })).default([]),
});

/** A container as the engine describes it. */
export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly restartCount: number;
  /** `running`, `exited`, `restarting`, … */
  readonly status: string;
  readonly running: boolean;
  /** First process of the container, as the host counts; 0 when it does not run. */
  readonly pid: number;
  /** `starting`, `healthy`, `unhealthy`; undefined without a health check. */
  readonly health: string | undefined;
  readonly restartPolicy: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Sources of its mounts, on the host. */
  readonly sources: readonly string[];
}

/** An answer of the engine, or why there is none, as a clause. */
export type EngineAnswer = { readonly containers: readonly ContainerState[] } | { readonly why: string };

/** All containers, running or not, that carry these labels. */
export async function labelledContainers(labels: Readonly<Record<string, string>>): Promise<EngineAnswer> {
  const filters = Object.entries(labels).flatMap(([key, value]) => ["--filter", `label=${key}=${value}`]);
  const list = await docker(["ps", "--all", "--quiet", "--no-trunc", ...filters]);
  if (list.code !== 0) return { why: whyOf(list) };
  const ids = list.stdout.split("\n").filter((id) => /^[0-9a-f]{64}$/.test(id));
  if (ids.length === 0) return { containers: [] };
  return parseContainers(await docker(["inspect", "--type", "container", ...ids]));
}

/** One container by name; an empty list when there is none of that name. */
export async function namedContainer(name: string): Promise<EngineAnswer> {
  const end = await docker(["inspect", "--type", "container", name]);
  if (end.code !== 0 && /no such (?:container|object)/i.test(end.stderr)) return { containers: [] };
  return parseContainers(end);
}

/** Stops a container, and removes it with its anonymous volumes. @returns why that failed, as a clause */
export async function removeContainer(id: string, gracePeriodSeconds: number): Promise<string | undefined> {
  const stopped = await docker(["stop", "--time", String(gracePeriodSeconds), id], gracePeriodSeconds);
  const removed = await docker(["rm", "--force", "--volumes", id]);
  if (removed.code === 0) return undefined;
  return stopped.code === 0 ? whyOf(removed) : `${whyOf(stopped)}; ${whyOf(removed)}`;
}

/** The engine's containers; those that vanish between two questions are left out. */
function parseContainers(end: ProcessEnd): EngineAnswer {
  if (end.code !== 0 && !/no such (?:container|object)/i.test(end.stderr)) return { why: whyOf(end) };
  try {
    return { containers: z.array(container).parse(JSON.parse(end.stdout)).map(describe) };
  } catch {
    return { why: "docker inspect answered in another shape than expected" };
  }
}

function describe(found: z.infer<typeof container>): ContainerState {
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ""),
    restartCount: found.RestartCount,
    status: found.State.Status,
    running: found.State.Running,
    pid: found.State.Pid,
    health: found.State.Health?.Status,
    restartPolicy: found.HostConfig.RestartPolicy?.Name || "no",
    labels: found.Config.Labels ?? {},
    sources: found.Mounts.map(({ Source }) => Source),
  };
}

function docker(args: readonly string[], extraSeconds = 0): Promise<ProcessEnd> {
  const kept = [
    "PATH",
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
  ];
  const env = Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  return runProcess("docker", args, {
    env,
    deadlineMs: 30_000 + extraSeconds * 1000,
    maxOutputBytes: 16 * 1024 * 1024,
  });
}

function whyOf(end: ProcessEnd): string {
  if (end.notRun === "ENOENT") return "the docker command is missing";
  return `docker ${describeEnd(end)}: ${plainText(end.stderr, 300)}`;
}
