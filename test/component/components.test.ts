/** What each component declares, with which options, and what it leaves out. */
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { ComposeConsumer } from "../../components/compose-consumer.ts";
import { FleetVault } from "../../components/fleet-vault.ts";
import { MonitoringRules } from "../../components/monitoring-rules.ts";
import { PurgedBackups } from "../../components/purged-backups.ts";
import { StaleProcesses } from "../../components/stale-processes.ts";
import { StrayTokens } from "../../components/stray-tokens.ts";
import { TokenConsumer } from "../../components/token-consumer.ts";
import { TokenGate } from "../../components/token-gate.ts";
import { UserAccess } from "../../components/user-access.ts";
import { WorkstationRetirement } from "../../components/workstation-retirement.ts";
import type { CommandInput } from "../../contract/command-input.ts";
import { Workstation } from "../../components/workstation.ts";
import type { Drift } from "../../components/host-command.ts";
import { alice, gateway, rollout, vaultPlan, requestStub } from "../support/component/fixtures.ts";
import { only, register, secretValue } from "../support/component/harness.ts";

const ROLE = "vault:tokenauth/authBackendRole:AuthBackendRole";
const MOUNT = "vault:index/mount:Mount";
const POLICY = "vault:index/policy:Policy";
const ENDPOINT = "vault:generic/endpoint:Endpoint";
const COMMAND = "command:local:Command";
const CONTAINER = "docker:index/container:Container";
const SHA256 = "a1".repeat(32);

describe("FleetVault", () => {
  it("declares an orphan, periodic role for this fleet's policies only, and no mount", async () => {
    const seen = await register(
      () => new FleetVault("prod", { vault: vaultPlan, owner: "claude-fleet-prod" }),
    );
    expect(only(seen, ROLE).inputs).toEqual({
      roleName: "claude-prod",
      allowedPoliciesGlobs: ["claude-prod-*"],
      orphan: true,
      renewable: true,
      tokenPeriod: 2_764_800,
      tokenNoDefaultPolicy: true,
      tokenType: "service",
      pathSuffix: "claude-fleet-prod",
    });
    expect(seen.filter(({ type }) => type === MOUNT)).toEqual([]);
  });

  it("binds tokens to the networks of the settings", async () => {
    const vault = { ...vaultPlan, tokenBoundCidrs: ["10.0.0.0/8", "192.0.2.7"] };
    const seen = await register(() => new FleetVault("prod", { vault, owner: "claude-fleet-prod" }));
    expect(only(seen, ROLE).inputs).toMatchObject({ tokenBoundCidrs: ["10.0.0.0/8", "192.0.2.7"] });
  });

  it("protects and retains the mount where it manages one", async () => {
    const seen = await register(
      () =>
        new FleetVault("prod", { vault: { ...vaultPlan, manageMount: true }, owner: "claude-fleet-prod" }),
    );
    expect(only(seen, MOUNT)).toMatchObject({
      inputs: { path: "secret", type: "kv", options: { version: "2" } },
      protect: true,
      retainOnDelete: true,
    });
  });

  it("declares no token", async () => {
    const seen = await register(
      () => new FleetVault("prod", { vault: vaultPlan, owner: "claude-fleet-prod" }),
    );
    expect(seen.filter(({ type }) => type.includes("token:Token"))).toEqual([]);
  });
});

describe("StrayTokens", () => {
  const declare = (drift: Drift) =>
    register(() => new StrayTokens("prod", { request: requestStub({ fleet: "prod" }), drift }));

  it("declares a command that runs for the tokens that a review has named", async () => {
    const { inputs, ignoreChanges } = only(await declare({ kind: "differs", note: "token a: …" }), COMMAND);
    expect(inputs).toMatchObject({
      create: "node dist/claude-fleet.mjs vault sweep",
      stdin: '{"fleet":"prod"}',
      environment: { drift: "token a: …" },
    });
    expect(ignoreChanges).toEqual([]);
  });

  it.each(["none", "unknown"] as const)("leaves it as it is where there is %s", async (kind) => {
    expect(only(await declare({ kind }), COMMAND).ignoreChanges).toEqual(["environment.drift"]);
  });
});

describe("PurgedBackups", () => {
  it("declares a command that runs once, and again when there are backups again", async () => {
    const declare = (drift: Drift) =>
      register(() => new PurgedBackups("bob", { request: requestStub({ user: "bob" }), drift }));
    const first = only(await declare({ kind: "none" }), COMMAND);
    expect(first).toMatchObject({ name: "bob-purge", ignoreChanges: ["environment.drift"] });
    expect(first.inputs).toMatchObject({
      create: "node dist/claude-fleet.mjs vault purge",
      stdin: '{"user":"bob"}',
    });
    expect(first.inputs["delete"]).toBeUndefined();
    const again = only(await declare({ kind: "differs", note: "backups of bob …" }), COMMAND);
    expect(again.inputs["environment"]).toEqual({ drift: "backups of bob …" });
  });
});

describe("UserAccess", () => {
  const declare = () =>
    register(() => new UserAccess("alice", { fleet: "prod", user: alice, policy: 'path "x" {}' }));

  it("declares the user's policy by its own name", async () => {
    expect(only(await declare(), POLICY).inputs).toEqual({
      name: "claude-prod-alice",
      policy: 'path "x" {}',
    });
  });

  it("declares the metadata of the user's path and never deletes it", async () => {
    const { inputs } = only(await declare(), ENDPOINT);
    expect(inputs).toMatchObject({
      path: "secret/metadata/workstation/claude-users/alice",
      disableDelete: true,
      ignoreAbsentFields: true,
    });
    expect(JSON.parse(String(secretValue(inputs["dataJson"])))).toEqual({
      custom_metadata: { fleet: "prod", user: "alice" },
      delete_version_after: "0s",
      max_versions: 50,
    });
  });

  it("never declares the login itself", async () => {
    const types = (await declare()).map(({ type }) => type);
    expect(types.filter((type) => /secret/i.test(type))).toEqual([]);
  });
});

describe("Workstation", () => {
  const entries = { "user alice": "0123456789ab" };
  const declare = (drift: ConstructorParameters<typeof Workstation>[1]["drift"]) =>
    register(
      () => new Workstation("devvm", { request: requestStub({ plan: { b: 1, a: 2 } }), entries, drift }),
    );

  it("applies by one command with static text and canonical data on standard input", async () => {
    const { inputs, deleteBeforeReplace } = only(await declare({ kind: "none" }), COMMAND);
    expect(inputs).toEqual({
      create: "node dist/claude-fleet.mjs host apply",
      delete: "node dist/claude-fleet.mjs host remove",
      stdin: '{"plan":{"a":2,"b":1}}',
      environment: entries,
      logging: "stderr",
    });
    expect(deleteBeforeReplace).toBe(true);
  });

  it.each(["none", "unknown"] as const)(
    "leaves the last note alone when the difference is %s",
    async (kind) => {
      expect(only(await declare({ kind }), COMMAND).ignoreChanges).toEqual(["environment.drift"]);
    },
  );

  it("runs again, showing the note, where the host differs", async () => {
    const seen = only(
      await declare({ kind: "differs", note: "timer of alice: disabled (apply 3, 0a1b2c3d)" }),
      COMMAND,
    );
    expect(seen.inputs["environment"]).toEqual({
      ...entries,
      drift: "timer of alice: disabled (apply 3, 0a1b2c3d)",
    });
    expect(seen.ignoreChanges).toEqual([]);
  });
});

/** Value of an input that is known by now. */
const plain = <T>(input: pulumi.Input<T>): Promise<T> =>
  new Promise((resolve) => pulumi.output(input).apply((value) => resolve(value as T)));

/** Output of a gate that has passed this digest. */
const passing = (sha256: string) => (name: string) =>
  name === "platform-gate"
    ? { stdout: JSON.stringify({ sha256, generation: 1, kind: "setup-token", copies: [] }) }
    : {};

describe("A component that waits for another", () => {
  it("lets its resources wait, and is itself there from the beginning", async () => {
    const declare = () => {
      const gate = new TokenGate("platform", {
        token: "platform",
        request: requestStub(),
        sha256: SHA256,
        drift: { kind: "none" },
      });
      const request = {
        request: requestStub<CommandInput<"apply">>(),
        entries: {},
        drift: { kind: "none" },
      } as const;
      return new Workstation("devvm", request, { dependsOn: gate });
    };
    const seen = await register(declare, undefined, passing(SHA256));
    const isGate = (urn: string) => urn.endsWith("::platform-gate");
    expect(only(seen, COMMAND, "devvm-apply").dependencies.some(isGate)).toBe(true);
    expect(only(seen, "claude-fleet:index:Workstation").dependencies).toEqual([]);
  });
});

describe("WorkstationRetirement", () => {
  it("retires by a command that has no delete, and names who stays", async () => {
    const seen = await register(
      () =>
        new WorkstationRetirement("devvm", {
          request: requestStub(),
          users: ["alice", "bob"],
          drift: { kind: "none" },
        }),
    );
    const { inputs } = only(seen, COMMAND);
    expect(inputs["create"]).toBe("node dist/claude-fleet.mjs host retire");
    expect(inputs["delete"]).toBeUndefined();
    expect(inputs["environment"]).toEqual({ "user alice": "stays", "user bob": "stays" });
  });
});

describe("TokenGate", () => {
  const declare = (sha256: string | undefined, drift: Drift, stdout = SHA256) => {
    const args = { token: "platform", request: requestStub<CommandInput<"gate">>(), sha256, drift };
    let gate: TokenGate | undefined;
    const seen = register(() => void (gate = new TokenGate("platform", args)), undefined, passing(stdout));
    return seen.then((registrations) => ({ registrations, gate }));
  };

  it("runs again for a new digest, which containers then may have", async () => {
    const { registrations, gate } = await declare(SHA256, { kind: "none" });
    expect(only(registrations, COMMAND)).toMatchObject({
      inputs: { create: "node dist/claude-fleet.mjs host gate", triggers: [SHA256] },
      ignoreChanges: ["environment.drift"],
    });
    expect(await plain(gate?.passed)).toBe(SHA256);
  });

  it("lets containers have nothing but what it has passed, where it is left out of a run", async () => {
    const former = "b2".repeat(32);
    const { gate } = await declare(SHA256, { kind: "none" }, former);
    expect(await plain(gate?.passed)).toBe(former);
  });

  it("concludes nothing from a host that does not answer", async () => {
    const { registrations, gate } = await declare(undefined, { kind: "unknown" });
    expect(only(registrations, COMMAND).ignoreChanges).toEqual(["triggers", "stdin", "environment.drift"]);
    expect(gate?.passed).toBeUndefined();
  });
});

describe("ComposeConsumer", () => {
  const declare = (sha256: string | undefined, drift: Drift) =>
    register(() => void new ComposeConsumer("platform/backend", { request: requestStub(), sha256, drift }));

  it("recreates for a new digest, and has nothing that removes a container of somebody else's file", async () => {
    const { inputs, ignoreChanges } = only(await declare(SHA256, { kind: "none" }), COMMAND);
    expect(inputs).toMatchObject({ create: "node dist/claude-fleet.mjs host recreate", triggers: [SHA256] });
    expect(inputs["delete"]).toBeUndefined();
    expect(ignoreChanges).toEqual(["environment.drift"]);
  });

  it("recreates again where the container is another one than it should be", async () => {
    const note = "container backend: is missing (gate 2, 0a1b2c3d)";
    const { inputs } = only(await declare(SHA256, { kind: "differs", note }), COMMAND);
    expect(inputs["environment"]).toEqual({ drift: note });
  });

  it("concludes nothing from a host that does not answer", async () => {
    const { ignoreChanges } = only(await declare(undefined, { kind: "unknown" }), COMMAND);
    expect(ignoreChanges).toEqual(["triggers", "stdin", "environment.drift"]);
  });
});

describe("StaleProcesses", () => {
  const declare = (sha256: string | undefined) =>
    register(() => void new StaleProcesses("platform", { request: requestStub(), sha256 }));

  it("looks once a rollout", async () => {
    const { inputs, ignoreChanges } = only(await declare(SHA256), COMMAND);
    expect(inputs).toMatchObject({ create: "node dist/claude-fleet.mjs host stale", triggers: [SHA256] });
    expect(inputs["delete"]).toBeUndefined();
    expect(ignoreChanges).toEqual(["environment.drift"]);
  });

  it("concludes nothing from a host that does not answer", async () => {
    const { ignoreChanges } = only(await declare(undefined), COMMAND);
    expect(ignoreChanges).toEqual(["triggers", "stdin", "environment.drift"]);
  });
});

describe("TokenConsumer", () => {
  const declare = (sha256: string | undefined, service = gateway) =>
    register(
      () =>
        new TokenConsumer("platform/backend-gateway", {
          fleet: "prod",
          token: "platform",
          service,
          rollout,
          sha256,
          source: (passed) => `/home/deploy/auth.d/${passed}.1000.json`,
          check: requestStub(),
        }),
    );

  it("mounts the immutable copy read-only and labels its digest", async () => {
    const { inputs } = only(await declare(SHA256), CONTAINER);
    expect(inputs["mounts"]).toEqual([
      {
        type: "bind",
        source: `/home/deploy/auth.d/${SHA256}.1000.json`,
        target: "/home/appuser/.config/claude-code/auth.json",
        readOnly: true,
      },
    ]);
    expect(inputs["labels"]).toEqual([
      { label: "claude-fleet.definition", value: expect.stringMatching(/^[0-9a-f]{12}$/) as unknown },
      { label: "claude-fleet.fleet", value: "prod" },
      { label: "claude-fleet.service", value: "backend-gateway" },
      { label: "claude-fleet.sha256", value: SHA256 },
      { label: "claude-fleet.token", value: "platform" },
    ]);
    expect(inputs["volumes"]).toBeUndefined();
  });

  it("stops first, with the grace period, and waits for the health check", async () => {
    const { inputs, deleteBeforeReplace, replaceOnChanges, ignoreChanges } = only(
      await declare(SHA256),
      CONTAINER,
    );
    expect(inputs).toMatchObject({
      name: "curateme-backend-gateway",
      destroyGraceSeconds: 30,
      stopTimeout: 30,
      wait: true,
      waitTimeout: 60,
      restart: "unless-stopped",
    });
    expect(deleteBeforeReplace).toBe(true);
    expect(replaceOnChanges).toEqual(["healthcheck", "mounts"]);
    expect(ignoreChanges).toEqual([]);
  });

  it("has another label once what Docker fills in is taken out of the settings", async () => {
    const full = { ...gateway, command: ["serve"], entrypoint: ["/entry"], user: "1001:1001" };
    const definitionOf = async (service: typeof gateway) => {
      const { labels } = only(await declare(SHA256, service), CONTAINER).inputs;
      return (labels as { label: string; value: string }[]).find(
        ({ label }) => label === "claude-fleet.definition",
      )?.value;
    };
    const removals = ["command", "entrypoint", "user", "healthcheck"] as const;
    const found = new Set([await definitionOf(full)]);
    for (const removed of removals) found.add(await definitionOf({ ...full, [removed]: undefined }));
    expect(found.size).toBe(removals.length + 1);
    expect(await definitionOf({ ...full, restart: "always" })).toBe(await definitionOf(full));
  });

  it("verifies every new container", async () => {
    expect(only(await declare(SHA256), COMMAND).inputs).toMatchObject({
      create: "node dist/claude-fleet.mjs host verify",
      triggers: ["platform/backend-gateway-container-id"],
    });
  });

  it("leaves mount and label as they are when the digest is unknown", async () => {
    expect(only(await declare(undefined), CONTAINER).ignoreChanges).toEqual(["mounts", "labels"]);
  });
});

describe("MonitoringRules", () => {
  const declare = (drift: Drift) =>
    register(
      () =>
        new MonitoringRules("prod", {
          request: requestStub({ request: {} }),
          entries: { "loki-rules.yaml": "abc" },
          drift,
        }),
    );

  it("declares one command that places the files, and takes them away when it goes", async () => {
    const command = only(await declare({ kind: "none" }), COMMAND);
    expect(command.name).toBe("prod-rules");
    expect(command.inputs).toMatchObject({
      create: "node dist/claude-fleet.mjs host rules",
      delete: "node dist/claude-fleet.mjs host remove-rules",
      environment: { "loki-rules.yaml": "abc" },
    });
    expect(command.deleteBeforeReplace).toBe(true);
    expect(command.ignoreChanges).toEqual(["environment.drift"]);
  });

  it("runs again for what differs there", async () => {
    const command = only(
      await declare({ kind: "differs", note: "rules x: is missing (placement 1, 0a1b2c3d)" }),
      COMMAND,
    );
    expect(command.inputs).toMatchObject({
      environment: { drift: "rules x: is missing (placement 1, 0a1b2c3d)" },
    });
    expect(command.ignoreChanges).toEqual([]);
  });
});
