// The engine's options for a container, from its properties.
import type { ContainerCreateOptions, HostConfig, NetworkInfo, PortMap } from "dockerode";
import { isMap } from "../provider/value.ts";
import type { Properties } from "../provider/value.ts";
import { numberOf, textMapOf, textOf, textsOf } from "../provider/properties.ts";
import { parseDuration } from "./duration.ts";
import { objectsOf } from "../provider/properties.ts";
import { mountSettings } from "./mounts.ts";

/** Bytes in a MiB, the unit of all memory properties. */
const MIB = 1024 * 1024;

/** https://github.com/kreuzwerker/terraform-provider-docker/blob/v4.2.0/internal/provider/resource_docker_container_funcs.go (Create) */
export function createOptions(planned: Properties): ContainerCreateOptions {
  const ports = objectsOf(planned, "ports");
  const healthcheck = planned["healthcheck"];
  return {
    name: textOf(planned, "name"),
    Image: textOf(planned, "image"),
    Hostname: textOf(planned, "hostname"),
    Domainname: textOf(planned, "domainname"),
    Tty: planned["tty"] === true,
    OpenStdin: planned["stdinOpen"] === true,
    StopSignal: textOf(planned, "stopSignal"),
    User: textOf(planned, "user"),
    WorkingDir: textOf(planned, "workingDir"),
    Env: [...textsOf(planned, "envs")],
    Labels: Object.fromEntries(
      objectsOf(planned, "labels").map((label) => [textOf(label, "label"), textOf(label, "value")]),
    ),
    ExposedPorts: Object.fromEntries(ports.map((port) => [portKey(port), {}])),
    ...given("Cmd", textsOf(planned, "command")),
    ...given("Entrypoint", textsOf(planned, "entrypoints")),
    ...(numberOf(planned, "stopTimeout") === 0 ? {} : { StopTimeout: numberOf(planned, "stopTimeout") }),
    ...(isMap(healthcheck) ? { Healthcheck: healthConfig(healthcheck) } : {}),
    HostConfig: hostConfig(planned, ports),
  };
}

/** What of a running container can be changed: restart policy and limits. */
export function updateOptions(planned: Properties) {
  return { RestartPolicy: restartPolicy(planned), ...limits(planned) };
}

/** The networks to connect a container to, by their names, instead of the default one. */
export function networkEndpoints(
  planned: Properties,
): readonly { name: string; endpoint: NetworkInfo & object }[] {
  return objectsOf(planned, "networksAdvanced").map((network) => ({
    name: textOf(network, "name"),
    endpoint: {
      Aliases: [...textsOf(network, "aliases")],
      IPAMConfig: {
        IPv4Address: textOf(network, "ipv4Address"),
        IPv6Address: textOf(network, "ipv6Address"),
      },
    } as unknown as NetworkInfo,
  }));
}

function hostConfig(planned: Properties, ports: readonly Properties[]): HostConfig {
  const capabilities = planned["capabilities"];
  const adds = isMap(capabilities) ? textsOf(capabilities, "adds") : [];
  const drops = isMap(capabilities) ? textsOf(capabilities, "drops") : [];
  return withoutEmpty({
    Privileged: planned["privileged"] === true,
    RestartPolicy: restartPolicy(planned),
    Mounts: objectsOf(planned, "mounts").map(mountSettings),
    AutoRemove: planned["rm"] === true,
    ReadonlyRootfs: planned["readOnly"] === true,
    Init: planned["init"] === true,
    LogConfig: { Type: textOf(planned, "logDriver"), Config: textMapOf(planned, "logOpts") },
    NetworkMode: textOf(planned, "networkMode"),
    Tmpfs: textMapOf(planned, "tmpfs"),
    PortBindings: portBindings(ports),
    ExtraHosts: objectsOf(planned, "hosts").map((host) => `${textOf(host, "host")}:${textOf(host, "ip")}`),
    CapAdd: capabilityNames(adds),
    CapDrop: capabilityNames(drops),
    ...securityOptions(textsOf(planned, "securityOpts")),
    Dns: [...textsOf(planned, "dns")],
    GroupAdd: [...textsOf(planned, "groupAdds")],
    Sysctls: textMapOf(planned, "sysctls"),
    PidMode: textOf(planned, "pidMode"),
    IpcMode: textOf(planned, "ipcMode"),
    UsernsMode: textOf(planned, "usernsMode"),
    Runtime: textOf(planned, "runtime"),
    ShmSize: numberOf(planned, "shmSize") * MIB,
    NanoCpus: Math.round(Number(textOf(planned, "cpus") || "0") * 1e9),
    ...(textOf(planned, "cgroupnsMode") === "" ? {} : { CgroupnsMode: textOf(planned, "cgroupnsMode") }),
    ...limits(planned),
  });
}

/** What the official client does not send: the engine would answer it as it was sent. */
function withoutEmpty(config: HostConfig): HostConfig {
  const kept = Object.entries(config).filter(
    ([name, value]) =>
      UNMASKED.has(name) || typeof value !== "object" || Object.keys(value as object).length > 0,
  );
  return Object.fromEntries(kept);
}

/** Empty, they are a wish. */
const UNMASKED: ReadonlySet<string> = new Set(["MaskedPaths", "ReadonlyPaths"]);

/** `systempaths=unconfined` is the client's business: the engine does not know it. */
function securityOptions(options: readonly string[]): HostConfig {
  const sent = options.filter((option) => option !== "systempaths=unconfined");
  return {
    SecurityOpt: sent,
    ...(sent.length < options.length ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
  };
}

/** As the client sends them: upper case, with CAP_ in front, sorted. */
function capabilityNames(names: readonly string[]): string[] {
  const full = names.map((name) => {
    const upper = name.trim().toUpperCase();
    return upper === "ALL" || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  });
  return [...new Set(full)].sort();
}

function limits(planned: Properties) {
  const swap = numberOf(planned, "memorySwap");
  return {
    Memory: numberOf(planned, "memory") * MIB,
    MemoryReservation: numberOf(planned, "memoryReservation") * MIB,
    CpuShares: numberOf(planned, "cpuShares"),
    CpusetCpus: textOf(planned, "cpuSet"),
    ...(swap === 0 ? {} : { MemorySwap: swap > 0 ? swap * MIB : swap }),
  };
}

function restartPolicy(planned: Properties) {
  return { Name: textOf(planned, "restart"), MaximumRetryCount: numberOf(planned, "maxRetryCount") };
}

function portKey(port: Properties): string {
  return `${String(numberOf(port, "internal"))}/${textOf(port, "protocol") || "tcp"}`;
}

function portBindings(ports: readonly Properties[]): PortMap {
  const bindings: PortMap = {};
  for (const port of ports) {
    const binding = {
      // "0" lets the engine choose, as no port at all.
      HostPort: String(numberOf(port, "external")),
      HostIp: textOf(port, "ip"),
    };
    bindings[portKey(port)] = [...(bindings[portKey(port)] ?? []), binding];
  }
  return bindings;
}

function healthConfig(healthcheck: Properties) {
  const nanoseconds = (name: string) => parseDuration(textOf(healthcheck, name) || "0s");
  const startInterval = nanoseconds("startInterval");
  return {
    Test: [...textsOf(healthcheck, "tests")],
    Interval: nanoseconds("interval"),
    Timeout: nanoseconds("timeout"),
    StartPeriod: nanoseconds("startPeriod"),
    Retries: numberOf(healthcheck, "retries"),
    ...(startInterval === 0 ? {} : { StartInterval: startInterval }),
  };
}

function given<K extends string>(key: K, values: readonly string[]): Partial<Record<K, string[]>> {
  return (values.length === 0 ? {} : { [key]: [...values] }) as Partial<Record<K, string[]>>;
}
