// What of a container is sent to the engine, what it must be new enough for, and what is read from its answer.
import type { ContainerInspectInfo } from "dockerode";
import { describe, expect, it } from "vitest";
import { containerProperties } from "../../../../../dev/stand-ins/pulumi-plugins/docker/inspect.ts";
import { containerTable } from "../../../../../dev/stand-ins/pulumi-plugins/docker/table.ts";
import { checkInputs } from "../../../../../dev/stand-ins/pulumi-plugins/provider/check.ts";
import type { Properties } from "../../../../../dev/stand-ins/pulumi-plugins/provider/value.ts";
import { createOptions } from "../../../../../dev/stand-ins/pulumi-plugins/docker/options.ts";
import { refuse } from "../../../../../dev/stand-ins/pulumi-plugins/docker/refusals.ts";

describe("what is sent", () => {
  const host = (planned: Parameters<typeof createOptions>[0]) => createOptions(planned).HostConfig;

  it("has capabilities by their full names, in order", () => {
    expect(
      host({ capabilities: { adds: ["sys_time", "CAP_CHOWN", "chown"], drops: ["all"] } }),
    ).toMatchObject({
      CapAdd: ["CAP_CHOWN", "CAP_SYS_TIME"],
      CapDrop: ["ALL"],
    });
  });

  it("takes systempaths=unconfined for two empty lists", () => {
    const sent = host({ securityOpts: ["systempaths=unconfined", "no-new-privileges"] });
    expect(sent).toMatchObject({ SecurityOpt: ["no-new-privileges"], MaskedPaths: [], ReadonlyPaths: [] });
    expect(host({ securityOpts: ["no-new-privileges"] })).not.toHaveProperty("MaskedPaths");
  });

  it("leaves out what is empty, and keeps an empty address of a port", () => {
    const sent = host({ ports: [{ internal: 80, external: 1080, ip: "", protocol: "tcp" }] });
    expect(sent?.PortBindings).toEqual({ "80/tcp": [{ HostPort: "1080", HostIp: "" }] });
    expect(sent).not.toHaveProperty("Dns");
    expect(sent).not.toHaveProperty("Tmpfs");
  });
});

describe("an old engine", () => {
  const healthcheck = { tests: ["CMD", "true"], startInterval: "1s" };
  const mounts = [{ type: "volume", target: "/m", volumeOptions: {} }];

  it.each([
    [
      { healthcheck },
      "1.43",
      /healthcheck\.startInterval needs an engine with API 1\.44; this one has 1\.43/,
    ],
    [{ mounts }, "1.44", /mounts\.volumeOptions needs an engine with API 1\.45/],
  ])("is refused %j with API %s", (planned, ApiVersion, message) => {
    expect(() => refuse({ ApiVersion }, planned)).toThrow(message);
  });

  it("is good enough for anything else, and a new one for all", () => {
    const plain = { healthcheck: { startInterval: "0s" }, mounts: [{ type: "bind", target: "/m" }] };
    expect(() => refuse({ ApiVersion: "1.41" }, plain)).not.toThrow();
    expect(() => refuse({ ApiVersion: "1.45" }, { healthcheck, mounts })).not.toThrow();
  });
});

describe("what is refused before anything is asked", () => {
  const failures = (inputs: Properties) =>
    checkInputs(containerTable, { image: "i", ...inputs }).map(({ property }) => property);

  it.each<[Properties, string[]]>([
    [
      { memory: -1, memorySwap: -2, shmSize: -1, cpuShares: -1 },
      ["shmSize", "memory", "memorySwap", "cpuShares"],
    ],
    [{ memorySwap: -1, memory: 0 }, []],
    [{ cpuSet: "a" }, ["cpuSet"]],
    [{ cpuSet: "0-2,4" }, []],
    [
      { healthcheck: { interval: "soon", timeout: "-1s", retries: -1 } },
      ["healthcheck.interval", "healthcheck.timeout", "healthcheck.retries"],
    ],
    [{ healthcheck: { interval: "1m30s", timeout: "0.5s", startPeriod: "0" } }, []],
  ])("%j", (inputs, expected) => {
    expect(failures(inputs)).toEqual(expected);
  });
});

describe("what no engine is asked", () => {
  it.each([
    [{ command: ["sh", ""] }, /command has an empty text/],
    [{ cpus: "abc" }, /cpus is "abc": give a number/],
  ])("%j", (planned, message) => {
    expect(() => refuse({ ApiVersion: "1.50" }, planned)).toThrow(message);
  });
});

describe("what is read", () => {
  const found = (HostConfig: object, Ports: object) =>
    ({
      Name: "/n",
      Config: {},
      HostConfig,
      State: { Running: true },
      NetworkSettings: { Ports },
    }) as unknown as ContainerInspectInfo;

  it("has each binding of a port, of both address families", () => {
    const bindings = [
      { HostIp: "0.0.0.0", HostPort: "1080" },
      { HostIp: "::", HostPort: "1080" },
    ];
    expect(containerProperties(found({}, { "80/tcp": bindings }), {})["ports"]).toEqual([
      { internal: 80, external: 1080, ip: "0.0.0.0", protocol: "tcp" },
      { internal: 80, external: 1080, ip: "::", protocol: "tcp" },
    ]);
  });

  it.each([
    [1e9, "1.0"],
    [0.5e9, "0.5"],
    [1.25e9, "1.25"],
  ])("has %s billionths of a CPU as %s", (NanoCpus, cpus) => {
    expect(containerProperties(found({ NanoCpus }, {}), {})["cpus"]).toBe(cpus);
  });

  it("sees no capabilities that are gone, and drops an object that names none", () => {
    const known = { adds: ["CAP_CHOWN"] };
    expect(containerProperties(found({}, {}), { capabilities: known })).not.toHaveProperty("capabilities");
    expect(containerProperties(found({}, {}), { capabilities: {} })["capabilities"]).toBeNull();
  });

  it("has of a host's IPv6 address what the official provider leaves of it", () => {
    const hosts = containerProperties(found({ ExtraHosts: ["a:10.0.0.1", "b:::1"] }, {}), {})["hosts"];
    expect(hosts).toEqual([
      { host: "a", ip: "10.0.0.1" },
      { host: "b", ip: "" },
    ]);
  });
});
