/** Tests what the components of a token declare, with which options. */
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { ComposeConsumer } from "../../../components/compose-consumer.ts";
import { StaleProcesses } from "../../../components/stale-processes.ts";
import { TokenConsumer } from "../../../components/token-consumer.ts";
import { TokenGate } from "../../../components/token-gate.ts";
import type { CommandInput } from "../../../contract/command-input.ts";
import type { Drift } from "../../../components/host-command.ts";
import { definitionDigest } from "../../../plan/digests.ts";
import { gateway, rollout, requestStub } from "../../support/component/fixtures.ts";
import { gateOutputs } from "../../support/component/policy/fleet.ts";
import { only, register } from "../../support/component/harness.ts";

const COMMAND = "command:local:Command";
const CONTAINER = "docker:index/container:Container";
const SHA256 = "a1".repeat(32);

/** Returns the value of an input that is known. */
const plain = <T>(input: pulumi.Input<T>): Promise<T> =>
  new Promise((resolve) => pulumi.output(input).apply((value) => resolve(value as T)));

/** Returns the outputs of a gate that has passed this digest. */
const passing = (sha256: string) => (name: string) => gateOutputs(name, sha256);

describe("TokenGate", () => {
  const declare = (sha256: string | undefined, drift: Drift, stdout = SHA256) => {
    const args = { token: "platform", request: requestStub<CommandInput<"gate">>(), sha256, drift };
    let gate: TokenGate | undefined;
    const seen = register(() => void (gate = new TokenGate("platform", args)), undefined, passing(stdout));
    return seen.then((registrations) => ({ registrations, gate }));
  };

  it("runs again for a new digest, which containers may then have", async () => {
    const { registrations, gate } = await declare(SHA256, undefined);
    expect(only(registrations, COMMAND)).toMatchObject({
      inputs: { create: "node dist/claude-fleet.mjs host gate", triggers: [SHA256] },
      ignoreChanges: ["environment.drift"],
    });
    expect(await plain(gate?.passed)).toBe(SHA256);
  });

  it("gives containers the digest that it passed last, when a run leaves it out", async () => {
    const former = "b2".repeat(32);
    const { gate } = await declare(SHA256, undefined, former);
    expect(await plain(gate?.passed)).toBe(former);
  });

  it("concludes nothing from a host that does not answer", async () => {
    const { registrations, gate } = await declare(undefined, undefined);
    expect(only(registrations, COMMAND).ignoreChanges).toEqual(["triggers", "stdin", "environment.drift"]);
    expect(gate?.passed).toBeUndefined();
  });
});

describe("ComposeConsumer", () => {
  const declare = (sha256: string | undefined, drift: Drift) =>
    register(() => void new ComposeConsumer("platform/backend", { request: requestStub(), sha256, drift }));

  it("recreates for a new digest, and never removes a container of the compose file", async () => {
    const { inputs, ignoreChanges } = only(await declare(SHA256, undefined), COMMAND);
    expect(inputs).toMatchObject({ create: "node dist/claude-fleet.mjs host recreate", triggers: [SHA256] });
    expect(inputs["delete"]).toBeUndefined();
    expect(ignoreChanges).toEqual(["environment.drift"]);
  });

  it("recreates again for drift of the container", async () => {
    const note = "container backend: is missing (gate 2, 0a1b2c3d)";
    const { inputs } = only(await declare(SHA256, note), COMMAND);
    expect(inputs["environment"]).toEqual({ drift: note });
  });

  it("concludes nothing from a host that does not answer", async () => {
    const { ignoreChanges } = only(await declare(undefined, undefined), COMMAND);
    expect(ignoreChanges).toEqual(["triggers", "stdin", "environment.drift"]);
  });
});

describe("StaleProcesses", () => {
  const declare = (sha256: string | undefined) =>
    register(() => void new StaleProcesses("platform", { request: requestStub(), sha256 }));

  it("runs once for each rollout", async () => {
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
          definition: definitionDigest(service),
          fleet: "prod",
          token: "platform",
          service,
          rollout,
          sha256,
          source: (passed) => `/home/deploy/auth.d/${passed}.1000.json`,
          check: requestStub(),
        }),
    );

  it("mounts the approved copy read-only, and labels its digest", async () => {
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

  it("gets another label when the settings lose what Docker fills in", async () => {
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
