// A container's properties, from what the engine says about it.
import type { ContainerInspectInfo } from "dockerode";
import { isMap } from "../provider/value.ts";
import type { Properties, Value } from "../provider/value.ts";
import { numberOf, textMapOf, textOf, textsOf, valueOf } from "../provider/properties.ts";
import { formatDuration } from "./duration.ts";

const MIB = 1024 * 1024;

/** https://github.com/kreuzwerker/terraform-provider-docker/blob/v4.2.0/internal/provider/resource_docker_container_funcs.go (Read) */
export function containerProperties(found: ContainerInspectInfo, state: Properties): Properties {
  const { Config: config, HostConfig: host, State: status } = found;
  const raw = mapOf(config);
  const mustRun = state["mustRun"] === true;
  return {
    name: found.Name.replace(/^\//, ""),
    image: textOf(state, "image").startsWith("sha256:") ? found.Image : config.Image,
    rm: host.AutoRemove ?? false,
    readOnly: host.ReadonlyRootfs ?? false,
    hostname: config.Hostname,
    domainname: config.Domainname,
    command: valueOf(config.Cmd ?? []),
    entrypoints: valueOf(config.Entrypoint ?? []),
    user: config.User,
    workingDir: config.WorkingDir,
    tty: config.Tty,
    stdinOpen: config.OpenStdin,
    stopSignal: textOf(raw, "StopSignal"),
    stopTimeout: numberOf(raw, "StopTimeout"),
    privileged: host.Privileged ?? false,
    restart: host.RestartPolicy?.Name ?? "no",
    maxRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
    init: host.Init ?? false,
    runtime: host.Runtime ?? "",
    mounts: (host.Mounts ?? []).map(mountProperties),
    tmpfs: valueOf(host.Tmpfs ?? null),
    hosts: valueOf(hostsOf(host.ExtraHosts)),
    dns: valueOf(host.Dns ?? null),
    groupAdds: valueOf(host.GroupAdd ?? null),
    securityOpts: valueOf(host.SecurityOpt ?? []),
    sysctls: valueOf(host.Sysctls ?? null),
    memory: Math.floor((host.Memory ?? 0) / MIB),
    memoryReservation: Math.floor((host.MemoryReservation ?? 0) / MIB),
    memorySwap: swapOf(host.MemorySwap ?? 0),
    shmSize: Math.floor((host.ShmSize ?? 0) / MIB),
    cpuShares: host.CpuShares ?? 0,
    cpuSet: host.CpusetCpus ?? "",
    logDriver: host.LogConfig?.Type ?? "",
    networkMode: host.NetworkMode ?? "",
    pidMode: host.PidMode ?? "",
    ipcMode: host.IpcMode ?? "",
    usernsMode: host.UsernsMode ?? "",
    bridge: textOf(mapOf(found.NetworkSettings), "Bridge"),
    networkDatas: networkDatas(found),
    ...capabilities(host.CapAdd, host.CapDrop, state["capabilities"]),
    ...(host.NanoCpus ? { cpus: formatCpus(host.NanoCpus) } : {}),
    // Options that the engine's own configuration adds would show as drift of who gave none.
    ...(Object.keys(textMapOf(state, "logOpts")).length > 0
      ? { logOpts: valueOf(host.LogConfig?.Config ?? {}) }
      : {}),
    ...health(config.Healthcheck),
    ...(status.Running || mustRun ? { ports: ports(found) } : {}),
    // A stopped container that must run is drift of `mustRun`: the update then starts it.
    ...(status.Running ? {} : { exitCode: status.ExitCode, ...(mustRun ? { mustRun: false } : {}) }),
  };
}

function mountProperties(mount: NonNullable<ContainerInspectInfo["HostConfig"]["Mounts"]>[number]): Value {
  const { BindOptions: bind, VolumeOptions: volume, TmpfsOptions: tmpfs } = mount;
  return {
    target: mount.Target,
    source: mount.Source ?? "",
    type: mount.Type,
    readOnly: mount.ReadOnly ?? false,
    ...(bind === undefined ? {} : { bindOptions: { propagation: bind.Propagation ?? "" } }),
    ...(volume === undefined
      ? {}
      : {
          volumeOptions: {
            noCopy: volume.NoCopy ?? false,
            labels: Object.entries(volume.Labels ?? {}).map(([label, value]) => ({ label, value })),
            driverName: volume.DriverConfig?.Name ?? "",
            driverOptions: volume.DriverConfig?.Options ?? {},
          },
        }),
    ...(tmpfs === undefined
      ? {}
      : { tmpfsOptions: { sizeBytes: tmpfs.SizeBytes ?? 0, mode: tmpfs.Mode ?? 0 } }),
  };
}

function ports(found: ContainerInspectInfo): Value {
  const keys = Object.keys(found.NetworkSettings.Ports ?? {}).sort(
    (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1),
  );
  return keys.flatMap((key) => {
    const [internal = "0", protocol = "tcp"] = key.split("/");
    return (found.NetworkSettings.Ports[key] ?? []).map(({ HostIp, HostPort }) => ({
      internal: Number(internal),
      external: Number(HostPort),
      ip: HostIp ?? "",
      protocol,
    }));
  });
}

function networkDatas(found: ContainerInspectInfo): Value {
  return Object.entries(found.NetworkSettings.Networks ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([networkName, network]) => ({
      networkName,
      ipAddress: network.IPAddress,
      ipPrefixLength: network.IPPrefixLen,
      gateway: network.Gateway,
      macAddress: network.MacAddress,
    }));
}

/** As the official provider, in whose eyes `1` becomes `1.0`: who gives another text replaces the container for ever. */
function formatCpus(nano: number): string {
  const text = (nano / 1e9).toFixed(9);
  return text.replaceAll(/[^0]/g, "").length === 9 ? (nano / 1e9).toFixed(1) : text.replace(/0+$/, "");
}

/** Capabilities that are gone are not seen, as with the official provider; only an object that names none is dropped. */
function capabilities(adds: unknown, drops: unknown, known: Value | undefined): Properties {
  const added = Array.isArray(adds) ? adds.map(String) : [];
  const dropped = Array.isArray(drops) ? drops.map(String) : [];
  if (added.length > 0 || dropped.length > 0) return { capabilities: { adds: added, drops: dropped } };
  const named = isMap(known) && (textsOf(known, "adds").length > 0 || textsOf(known, "drops").length > 0);
  return named ? {} : { capabilities: null };
}

function health(found: unknown): Properties {
  const raw = valueOf(found ?? null);
  if (!isMap(raw)) return {};
  const duration = (name: string) => formatDuration(Number(raw[name] ?? 0));
  return {
    healthcheck: {
      tests: raw["Test"] ?? [],
      interval: duration("Interval"),
      timeout: duration("Timeout"),
      startPeriod: duration("StartPeriod"),
      startInterval: duration("StartInterval"),
      retries: Number(raw["Retries"] ?? 0),
    },
  };
}

/** What the typings do not name. */
function mapOf(json: unknown): Properties {
  const value = valueOf(json);
  return isMap(value) ? value : {};
}

function hostsOf(found: unknown): unknown {
  if (!Array.isArray(found)) return [];
  return found.map((entry) => {
    // As the official provider: it loses an IPv6 address, and the next update replaces the container.
    const [host = "", ip = ""] = String(entry).split(":");
    return { host, ip };
  });
}

function swapOf(bytes: number): number {
  return bytes > 0 ? Math.floor(bytes / MIB) : bytes;
}
