/** Reads and removes containers by the docker command, which knows the host's contexts and DOCKER_HOST. */
import { stat } from "node:fs/promises";
import * as z from "zod";
import { describeEnd, type ProcessEnd } from "../lib/process.ts";
import { runProcess } from "../lib/run-process.ts";
import { parseJson } from "../lib/parse-json.ts";
import { plainText } from "../lib/printable.ts";

const container = z
  .object({
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
    Config: z.object({
      Labels: z.record(z.string(), z.string()).nullish(),
      Image: z.string().default(""),
      User: z.string().default(""),
      Cmd: z.array(z.string()).nullish(),
      Entrypoint: z.array(z.string()).nullish(),
      Env: z.array(z.string()).nullish(),
    }),
    HostConfig: z.object({
      RestartPolicy: z.object({ Name: z.string() }).nullish(),
      NetworkMode: z.string().default(""),
      PortBindings: z
        .record(
          z.string(),
          z.array(z.object({ HostIp: z.string().default(""), HostPort: z.string().default("") })).nullish(),
        )
        .nullish(),
    }),
    NetworkSettings: z
      .object({
        Networks: z.record(z.string(), z.object({ NetworkID: z.string().nullish() }).nullish()).nullish(),
      })
      .nullish(),
    /** The mounts as they were requested. Links in their paths are not resolved. */
    Mounts: z
      .array(
        z
          .object({
            Type: z.string().default("bind"),
            Source: z.string().default(""),
            Destination: z.string(),
            RW: z.boolean().default(true),
          })
          .transform(({ Type, Source, Destination, RW }) => ({
            bind: Type === "bind",
            source: Source,
            target: Destination,
            readOnly: !RW,
          })),
      )
      .default([]),
  })
  .transform((found) => ({
    id: found.Id,
    name: found.Name.replace(/^\//, ""),
    restartCount: found.RestartCount,
    /** Such as `running`, `paused` or `exited`. */
    status: found.State.Status,
    running: found.State.Running,
    /** The container's first process, in the host's numbers; 0 when the container does not run. */
    pid: found.State.Pid,
    /** The time of its last start, in RFC 3339. */
    startedAt: found.State.StartedAt,
    /** `starting`, `healthy`, `unhealthy`; undefined without a health check. */
    health: found.State.Health?.Status,
    restartPolicy: found.HostConfig.RestartPolicy?.Name || "no",
    networks: networkNames(found.NetworkSettings?.Networks),
    networkMode: found.HostConfig.NetworkMode,
    image: found.Config.Image,
    user: found.Config.User,
    command: found.Config.Cmd ?? [],
    entrypoint: found.Config.Entrypoint ?? [],
    variables: (found.Config.Env ?? []).map((entry) => entry.replace(/=.*$/s, "")),
    ports: Object.entries(found.HostConfig.PortBindings ?? {}).flatMap(([internal, bindings]) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp || "0.0.0.0"}:${HostPort}:${internal}`),
    ),
    labels: found.Config.Labels ?? {},
    mounts: found.Mounts,
  }));

/** Returns names and ids of the networks to which a container is connected; null when the engine does not say. */
function networkNames(
  networks:
    | Readonly<Record<string, { readonly NetworkID?: string | null | undefined } | null | undefined>>
    | null
    | undefined,
): readonly string[] | null {
  if (networks === null || networks === undefined) return null;
  const ids = Object.values(networks).flatMap((network) => network?.NetworkID || []);
  return [...Object.keys(networks), ...ids];
}

/** Describes a container, in the engine's words. */
export type ContainerState = Readonly<z.infer<typeof container>>;

/** The engine's containers; none when it did not answer, and then why, as a clause. */
interface EngineAnswer {
  readonly containers: readonly ContainerState[];
  readonly why?: string;
}

/** Returns all containers with these labels, running or not. */
export async function labelledContainers(labels: Readonly<Record<string, string>>): Promise<EngineAnswer> {
  const filters = Object.entries(labels).flatMap(([key, value]) => ["--filter", `label=${key}=${value}`]);
  const list = await docker(["ps", "--all", "--quiet", "--no-trunc", ...filters]);
  if (list.code !== 0) return { containers: [], why: whyOf(list) };
  return namedContainers(...list.stdout.split("\n").filter((id) => /^[0-9a-f]{64}$/.test(id)));
}

/** Returns those containers that exist, by name or id. Some may have vanished since they were listed. */
export async function namedContainers(...names: readonly string[]): Promise<EngineAnswer> {
  if (names.length === 0) return { containers: [] };
  const end = await docker(["inspect", "--type", "container", ...names]);
  if (end.code !== 0 && !/no such (?:container|object)/i.test(end.stderr)) {
    return { containers: [], why: whyOf(end) };
  }
  const containers = z.array(container).safeParse(parseJson(end.stdout || "[]")).data;
  return containers
    ? { containers }
    : { containers: [], why: "docker inspect printed JSON in an unknown shape" };
}

/** Says what decides whether a container can read a file of this host. */
export type EngineSecurity = Awaited<ReturnType<typeof engineSecurity>>;

/** Asks the engine. Without an answer everything counts as usual. Source: `docker info`, "Security Options". */
export async function engineSecurity() {
  const { stdout } = await docker(["info", "--format", "{{json .SecurityOptions}}"]);
  return {
    /** Whether users have other ids inside than outside: by user namespaces, or in an engine without root. */
    mapsUsers: /name=(?:userns|rootless)/.test(stdout),
    selinux: /name=selinux/.test(stdout),
    /** The owner of an engine that runs without root; undefined for every other engine, and where its socket is unknown. */
    ownerUid: /name=rootless/.test(stdout) ? await socketOwner() : undefined,
  };
}

async function socketOwner(): Promise<number | undefined> {
  const { stdout } = await docker(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
  const [, socket] = /^unix:\/\/(\/.*)$/m.exec(stdout) ?? [];
  if (socket === undefined) return undefined;
  return (await stat(socket).catch(() => undefined))?.uid;
}

/** Stops a container and removes it with its anonymous volumes. @returns why that failed, as a clause */
export async function removeContainer(id: string, gracePeriodSeconds: number): Promise<string | undefined> {
  const stopped = await docker(["stop", "-t", String(gracePeriodSeconds), id], gracePeriodSeconds);
  const removed = await docker(["rm", "--force", "--volumes", id]);
  if (removed.code === 0) return undefined;
  return stopped.code === 0 ? whyOf(removed) : `${whyOf(stopped)}; ${whyOf(removed)}`;
}

const ENGINE_VARIABLE = /^(?:PATH|HOME|DOCKER_(?:HOST|CONTEXT|CONFIG|CERT_PATH|TLS_VERIFY))$/;

/** Returns the variables by which the docker command finds its engine. */
export function engineVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && ENGINE_VARIABLE.test(name) ? [[name, value]] : [],
    ),
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
