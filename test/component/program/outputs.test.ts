/** Tests whom the output tells to log in: the hosts' present reports count, and without one the last apply. */
import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import type { ApplyResult } from "../../../contract/workstation.ts";
import { loginCommands } from "../../../program/outputs.ts";
import type { WorkstationPlan } from "../../../plan/model.ts";
import { alice } from "../../support/component/fixtures.ts";

const workstation: WorkstationPlan = {
  name: "devvm",
  address: { kind: "ssh", destination: "devvm", become: [] },
  vaultAddress: "https://vault.example.net",
  users: [alice],
};
const login = (user: string) => `claude auth login --claudeai --sso --email ${user}@example.com`;

function applied(awaiting: readonly string[]): string {
  const users = awaiting.map((name) => ({
    name,
    accessor: null,
    token: "kept" as const,
    awaitingLogin: true,
  }));
  return JSON.stringify({ generation: 1, machineId: "0".repeat(32), users } satisfies ApplyResult);
}

async function commandsFor(said: Record<string, boolean>, stdout: string | undefined): Promise<unknown> {
  const output = loginCommands(
    [{ workstation, awaitingLogin: new Map(Object.entries(said)) }],
    [{ command: { stdout: pulumi.output(stdout) } as never }],
  );
  return new Promise((resolve) => void output.apply(resolve));
}

it.each([
  ["has never logged in, as the host reports now", { alice: true }, applied([]), { alice: login("alice") }],
  ["has logged in since the last apply", { alice: false }, applied(["alice"]), {}],
  [
    "had not logged in at the last apply, on a host that does not answer now",
    {},
    applied(["alice"]),
    { alice: login("alice") },
  ],
  ["is new on a host that has no apply yet", { alice: true }, undefined, { alice: login("alice") }],
  ["is no longer in the roster", { nobody: true }, applied(["nobody"]), {}],
])("a user who %s", async (_, said, stdout, expected) => {
  expect(await commandsFor(said, stdout)).toEqual(expected);
});
