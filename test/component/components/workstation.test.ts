/** Tests what the components of hosts declare, with which options. */
import { describe, expect, it } from "vitest";
import { MonitoringRules } from "../../../components/monitoring-rules.ts";
import { TokenGate } from "../../../components/token-gate.ts";
import { WorkstationUnenrolment } from "../../../components/workstation-unenrolment.ts";
import type { CommandInput } from "../../../contract/command-input.ts";
import { Workstation } from "../../../components/workstation.ts";
import type { Drift } from "../../../components/host-command.ts";
import { requestStub } from "../../support/component/fixtures.ts";
import { gateOutputs } from "../../support/component/policy/fleet.ts";
import { only, register } from "../../support/component/harness.ts";

const COMMAND = "command:local:Command";
const SHA256 = "a1".repeat(32);

describe("Workstation", () => {
  const entries = { "user alice": "0123456789ab" };
  const declare = (drift: ConstructorParameters<typeof Workstation>[1]["drift"]) =>
    register(
      () => new Workstation("devvm", { request: requestStub({ plan: { b: 1, a: 2 } }), entries, drift }),
    );

  it("applies by one command with static text and canonical data on standard input", async () => {
    const { inputs, deleteBeforeReplace } = only(await declare(undefined), COMMAND);
    expect(inputs).toEqual({
      create: "node dist/claude-fleet.mjs host apply",
      delete: "node dist/claude-fleet.mjs host remove",
      stdin: '{"plan":{"a":2,"b":1}}',
      environment: entries,
      logging: "stderr",
    });
    expect(deleteBeforeReplace).toBe(true);
  });

  it("leaves the last drift alone where there is none", async () => {
    expect(only(await declare(undefined), COMMAND).ignoreChanges).toEqual(["environment.drift"]);
  });

  it("runs again for drift, and shows it", async () => {
    const seen = only(await declare("timer of alice: disabled (apply 3, 0a1b2c3d)"), COMMAND);
    expect(seen.inputs["environment"]).toEqual({
      ...entries,
      drift: "timer of alice: disabled (apply 3, 0a1b2c3d)",
    });
    expect(seen.ignoreChanges).toEqual([]);
  });
});

describe("a component that depends on another", () => {
  it("lets its resources wait, and does not wait itself", async () => {
    const declare = () => {
      const gate = new TokenGate("platform", {
        token: "platform",
        request: requestStub(),
        sha256: SHA256,
        drift: undefined,
      });
      const request = {
        request: requestStub<CommandInput<"apply">>(),
        entries: {},
        drift: undefined,
      } as const;
      return new Workstation("devvm", request, { dependsOn: gate });
    };
    const seen = await register(declare, undefined, gateOutputs);
    const isGate = (urn: string) => urn.endsWith("::platform-gate");
    expect(only(seen, COMMAND, "devvm-apply").dependencies.some(isGate)).toBe(true);
    expect(only(seen, "claude-fleet:index:Workstation").dependencies).toEqual([]);
  });
});

describe("WorkstationUnenrolment", () => {
  it("unenrols by a command that has no delete, and names the users who stay", async () => {
    const seen = await register(
      () =>
        new WorkstationUnenrolment("devvm", {
          request: requestStub(),
          users: ["alice", "bob"],
          drift: undefined,
        }),
    );
    const { inputs } = only(seen, COMMAND);
    expect(inputs["create"]).toBe("node dist/claude-fleet.mjs host retire");
    expect(inputs["delete"]).toBeUndefined();
    expect(inputs["environment"]).toEqual({ "user alice": "stays", "user bob": "stays" });
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

  it("declares one command that writes the files, and whose delete removes them", async () => {
    const command = only(await declare(undefined), COMMAND);
    expect(command.name).toBe("prod-rules");
    expect(command.inputs).toMatchObject({
      create: "node dist/claude-fleet.mjs host rules",
      delete: "node dist/claude-fleet.mjs host remove-rules",
      environment: { "loki-rules.yaml": "abc" },
    });
    expect(command.deleteBeforeReplace).toBe(true);
    expect(command.ignoreChanges).toEqual(["environment.drift"]);
  });

  it("runs again for drift", async () => {
    const command = only(await declare("rules x: is missing (placement 1, 0a1b2c3d)"), COMMAND);
    expect(command.inputs).toMatchObject({
      environment: { drift: "rules x: is missing (placement 1, 0a1b2c3d)" },
    });
    expect(command.ignoreChanges).toEqual([]);
  });
});
