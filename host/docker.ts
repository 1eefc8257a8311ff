/** Reads and removes containers by the docker command, which knows the host's contexts and DOCKER_HOST. */
import { stat } from "node:fs/promises";
import * as z from "zod";
import { describeEnd, type ProcessEnd } from "../lib/process.ts";
import { runProcess } from "../lib/run-process.ts";
import { plainText } from "../lib/printable.ts";

const container = z.object({
  Id: z.string(),
  Name: z.string(),
  RestartCount: z.number().default(0),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Pid: z.number(),
    StartedAt: z.string().default(""),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  HostConfig: z.object({ RestartPolicy: z.object({ Name: z.string() }).nullish() }),
  Mounts: z
    .array(
      z.object({
        Source: z.string().default(""),
        Destination: z.string(),
        RW: z.boolean().default(true),
      }),
    )
    .default([]),
});

/** Describes a container, in the engine's words. */
export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly restartCount: number;
  /** `running`, `exited`, `restarting`, … */
  readonly status: string;
  readonly running: boolean;
  /** The container's first process, in the host's numbers; 0 when the container does not run. */
  readonly pid: number;
  /** The time of its last start, in RFC 3339. */
  readonly startedAt: string;
  /** `starting`, `healthy`, `unhealthy`; undefined without a health check. */
  readonly health: string | undefined;
  readonly restartPolicy: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly ContainerMount[];
}

/** A mount as it was requested. Links in its paths are not resolved. */
interface ContainerMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** The engine's containers, or why it did not answer, as a clause. */
export type EngineAnswer = { readonly containers: readonly ContainerState[] } | { readonly why: string };

/** Returns all containers with these labels, running or not. */
export async function labelledContainers(labels: Readonly<Record<string, string>>): Promise<EngineAnswer> {
  const filters = Object.entries(labels).flatMap(([key, value]) => ["--filter", `label=${key}=${value}`]);
  const list = await docker(["ps", "--all", "--quiet", "--no-trunc", ...filters]);
  if (list.code !== 0) return { why: whyOf(list) };
  const ids = list.stdout.split("\n").filter((id) => /^[0-9a-f]{64}$/.test(id));
  if (ids.length === 0) return { containers: [] };
  return parseContainers(await docker(["inspect", "--type", "container", ...ids]));
}

/** Returns those of the named containers that exist. */
export async function namedContainers(...names: readonly string[]): Promise<EngineAnswer> {
  if (names.length === 0) return { containers: [] };
  return parseContainers(await docker(["inspect", "--type", "container", ...names]));
}

/** Says what decides whether a container can read a file of this host. */
export interface EngineSecurity {
  /** Whether users have other ids inside than outside: by user namespaces, or in an engine without root. */
  readonly mapsUsers: boolean;
  readonly selinux: boolean;
  /** The owner of an engine that runs without root; undefined for every other engine, and where its socket is unknown. */
  readonly ownerUid: number | undefined;
}

/** Asks the engine. Without an answer everything counts as usual. Source: `docker info`, "Security Options". */
export async function engineSecurity(): Promise<EngineSecurity> {
  const { stdout } = await docker(["info", "--format", "{{json .SecurityOptions}}"]);
  return {
    mapsUsers: /name=(?:userns|rootless)/.test(stdout),
    selinux: /name=selinux/.test(stdout),
    ownerUid: /name=rootless/.test(stdout) ? await socketOwner() : undefined,
  };
}

async function socketOwner(): Promise<number | undefined> {
  const { stdout } = await docker(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
  const [, socket] = /^unix:\/\/(\/.*)$/m.exec(stdout) ?? [];
  if (socket === undefined) return undefined;
  return stat(socket).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

/** Stops a container and removes it with its anonymous volumes. @returns why that failed, as a clause */
export async function removeContainer(id: string, gracePeriodSeconds: number): Promise<string | undefined> {
  const stopped = await docker(["stop", "-t", String(gracePeriodSeconds), id], gracePeriodSeconds);
  const removed = await docker(["rm", "--force", "--volumes", id]);
  if (removed.code === 0) return undefined;
  return stopped.code === 0 ? whyOf(removed) : `${whyOf(stopped)}; ${whyOf(removed)}`;
}

/** Parses the engine's answer. Skips containers that vanished between two questions. */
function parseContainers(end: ProcessEnd): EngineAnswer {
  if (end.code !== 0 && !/no such (?:container|object)/i.test(end.stderr)) return { why: whyOf(end) };
  try {
    return {
      containers: z
        .array(container)
        .parse(JSON.parse(end.stdout || "[]"))
        .map(describe),
    };
  } catch {
    return { why: "docker inspect printed JSON in an unknown shape" };
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
    startedAt: found.State.StartedAt,
    health: found.State.Health?.Status,
    restartPolicy: found.HostConfig.RestartPolicy?.Name || "no",
    labels: found.Config.Labels ?? {},
    mounts: found.Mounts.map(({ Source, Destination, RW }) => ({
      source: Source,
      target: Destination,
      readOnly: !RW,
    })),
  };
}

/** Returns the variables by which the docker command finds its engine. */
export function engineVariables(): Record<string, string> {
  const kept = [
    "PATH",
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
  ];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

function docker(args: readonly string[], extraSeconds = 0): Promise<ProcessEnd> {
  return runProcess("docker", args, {
    env: engineVariables(),
    deadlineMs: 30_000 + extraSeconds * 1000,
    maxOutputBytes: 16 * 1024 * 1024,
  });
}

function whyOf(end: ProcessEnd): string {
  if (end.notRun === "ENOENT") return "the docker command is missing";
  return `docker ${describeEnd(end)}: ${plainText(end.stderr, 300)}`;
}
