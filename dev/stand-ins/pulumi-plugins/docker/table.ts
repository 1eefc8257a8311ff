// The properties of docker:index/container:Container that are had here, as in pulumi-docker 5.0.0 (Terraform provider 4.2.0).
import { boolean, integer, list, map, object, set, string } from "../provider/table.ts";
import type { Field, Property, Shape, Table } from "../provider/table.ts";
import { DURATION } from "./duration.ts";

const SOURCE =
  "https://github.com/kreuzwerker/terraform-provider-docker/blob/619686ddb44a889cb24fc194faf8361ef9f03738/internal/provider";

const optional = (shape: Shape) => ({ shape });
const required = (shape: Shape) => ({ shape, required: true as const });

/** A change needs a new container; a refresh reads it. */
const fixed = (shape: Shape): Property => ({ shape, replaces: true, read: "server" });
/** As `fixed`; where the program gives none, what the image or the engine chose stays. */
const fixedOrChosen = (shape: Shape): Property => ({ ...fixed(shape), computed: true });
/** A change is made to the running container. */
const adjustable = (shape: Shape): Property => ({ shape, read: "server" });
/** Concerns only what the provider does, not the container. */
const behaviour = (shape: Shape, value: boolean | number): Property => ({
  shape,
  default: value,
  read: "kept",
});

const label = object({ label: required(string), value: required(string) });

const mount = object({
  target: required(string),
  source: optional(string),
  type: { ...required(string), oneOf: ["bind", "volume", "tmpfs"] },
  readOnly: optional(boolean),
  bindOptions: optional(
    object({
      propagation: {
        ...optional(string),
        oneOf: ["private", "rprivate", "shared", "rshared", "slave", "rslave"],
      },
    }),
  ),
  volumeOptions: {
    shape: object({
      noCopy: optional(boolean),
      labels: optional(set(label)),
      driverName: optional(string),
      driverOptions: optional(map(string)),
    }),
    elementReplaces: true,
  },
  tmpfsOptions: {
    shape: object({ sizeBytes: optional(integer), mode: optional(integer) }),
    elementReplaces: true,
  },
});

const port = object({
  internal: required(integer),
  external: { shape: integer, computed: true },
  ip: { shape: string, default: "0.0.0.0", emptyIsDefault: true },
  protocol: { shape: string, default: "tcp" },
});

const network = object({
  name: required(string),
  aliases: optional(set(string)),
  ipv4Address: optional(string),
  ipv6Address: optional(string),
});

const duration: Field = {
  shape: string,
  default: "0s",
  form: {
    matches: DURATION,
    means: "a number with ms, s, m or h, such as 30s",
  },
};

const healthcheck = object({
  tests: optional(list(string)),
  interval: duration,
  timeout: duration,
  startPeriod: duration,
  startInterval: duration,
  retries: { shape: integer, default: 0, atLeast: 0 },
});

const networkData = object({
  networkName: optional(string),
  ipAddress: optional(string),
  ipPrefixLength: optional(integer),
  gateway: optional(string),
  macAddress: optional(string),
});

/**
 * A container. Old first: the bridge asks for that whatever the name. `labels`, `envs` and `networksAdvanced` are
 * not read back; `healthcheck`, `init` and `tmpfs` are read back, but a change of them is an update that does nothing.
 * So is a change inside of `mounts`, as of a source, unless their number changes too: the fields do not replace.
 */
export const containerTable: Table = {
  type: "docker:index/container:Container",
  source: `${SOURCE}/resource_docker_container.go`,
  deleteBeforeReplace: true,
  properties: {
    name: { ...fixed(string), autoname: true, required: true },
    image: { ...fixed(string), required: true },
    command: fixedOrChosen(list(string)),
    entrypoints: fixedOrChosen(list(string)),
    envs: { ...fixedOrChosen(set(string)), read: "kept" },
    labels: { ...fixedOrChosen(set(label)), read: "kept" },
    mounts: { ...fixed(set(mount)), replaces: "number" },
    networksAdvanced: { ...fixed(set(network)), read: "kept" },
    networkMode: { ...fixed(string), default: "bridge" },
    ports: { ...fixed(list(port)), unordered: true },
    hosts: fixed(set(object({ host: required(string), ip: required(string) }))),
    hostname: fixedOrChosen(string),
    domainname: fixed(string),
    user: fixedOrChosen(string),
    workingDir: fixedOrChosen(string),
    groupAdds: fixed(set(string)),
    dns: fixed(set(string)),
    capabilities: fixed(object({ adds: optional(set(string)), drops: optional(set(string)) })),
    securityOpts: fixedOrChosen(set(string)),
    privileged: fixed(boolean),
    readOnly: { ...fixed(boolean), default: false },
    pidMode: fixed(string),
    ipcMode: fixedOrChosen(string),
    usernsMode: fixed(string),
    cgroupnsMode: { ...fixed(string), read: "kept" },
    cpus: fixed(string),
    shmSize: { ...fixedOrChosen(integer), atLeast: 0 },
    sysctls: fixed(map(string)),
    logDriver: fixedOrChosen(string),
    logOpts: fixed(map(string)),
    runtime: fixedOrChosen(string),
    stopSignal: fixedOrChosen(string),
    stopTimeout: fixedOrChosen(integer),
    stdinOpen: { ...fixed(boolean), default: false },
    tty: { ...fixed(boolean), default: false },
    tmpfs: adjustable(map(string)),
    init: { ...adjustable(boolean), computed: true },
    healthcheck: { ...adjustable(healthcheck), computed: true },
    restart: {
      ...adjustable(string),
      default: "no",
      oneOf: ["no", "on-failure", "always", "unless-stopped"],
    },
    maxRetryCount: adjustable(integer),
    memory: { ...adjustable(integer), atLeast: 0 },
    memoryReservation: { ...adjustable(integer), default: 0, atLeast: 0 },
    memorySwap: { ...adjustable(integer), atLeast: -1 },
    cpuShares: { ...adjustable(integer), atLeast: 0 },
    cpuSet: {
      ...adjustable(string),
      form: { matches: /^\d+([,-]\d+)*$/, means: "numbers of CPUs, such as 0-2,4" },
    },
    rm: { ...adjustable(boolean), default: false },
    mustRun: { ...adjustable(boolean), default: true },
    start: behaviour(boolean, true),
    wait: behaviour(boolean, false),
    waitTimeout: behaviour(integer, 60),
    attach: behaviour(boolean, false),
    logs: behaviour(boolean, false),
    removeVolumes: behaviour(boolean, true),
    containerReadRefreshTimeoutMilliseconds: behaviour(integer, 15_000),
    destroyGraceSeconds: { shape: integer, read: "kept" },
    exitCode: { shape: integer, computed: true, outputOnly: true, read: "server" },
    bridge: { shape: string, computed: true, outputOnly: true, read: "server" },
    networkDatas: { shape: list(networkData), computed: true, outputOnly: true, read: "server" },
  },
};

/** The provider's own arguments. The SDK sends lists as JSON text. */
export const providerTable: Table = {
  type: "pulumi:providers:docker",
  source: `${SOURCE}/provider.go`,
  properties: {
    host: { shape: string, read: "kept" },
    sshOpts: { shape: string, read: "kept" },
    certPath: { shape: string, read: "kept" },
  },
};
