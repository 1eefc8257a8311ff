/** A second fleet on the Vault, the Docker engine and the workstation of the first comes and goes, and the first stays as it is. */
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { STACK } from "../../dev/stack.ts";
import { renewAfresh } from "../support/environment/operator.ts";
import { expectSuccess, preview, pulumi, restoreStack } from "../support/environment/pulumi.ts";
import { firstFleet, MOUNT, SECOND, SecondFleet, USER } from "../support/environment/second-fleet.ts";
import { backup, FLEET } from "../support/environment/vault.ts";
import {
  awaitRest,
  logIn,
  onWorkstation,
  runService,
  unwatch,
  vaultTokenOf,
} from "../support/environment/workstation.ts";

let environment: DevEnvironment;
let second: SecondFleet;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  await renewAfresh(environment, "alice");
  second = await SecondFleet.open(environment);
});

afterAll(async () => {
  await second.close();
  await restoreStack(environment);
});

async function expectFirstUnchanged(): Promise<void> {
  expectSuccess(await preview(environment, { args: ["--expect-no-changes"] }));
}

/** The machine that a stack's apply has met, as its state says. */
async function machineOf(stack: string): Promise<string> {
  const shape = z.object({
    deployment: z.object({
      resources: z.array(z.object({ urn: z.string(), outputs: z.looseObject({}).optional() })),
    }),
  });
  const exported = await pulumi(environment, ["stack", "export"], { stack });
  const { resources } = shape.parse(JSON.parse(exported.stdout)).deployment;
  const apply = resources.find(({ urn }) => urn.endsWith("::devvm-apply"));
  return z.object({ machineId: z.string() }).parse(JSON.parse(String(apply?.outputs?.["stdout"]))).machineId;
}

it("is applied beside the first, on the same machine", async () => {
  const token = await second.putNewToken();
  const before = await firstFleet(environment);
  expectSuccess(await second.apply());
  expect(await firstFleet(environment)).toEqual(before);
  expect(await machineOf(SECOND)).toBe(await machineOf(STACK));
  expect(await second.container()).toMatchObject({ sha256: token.sha256, running: true });
  expectSuccess(await preview(environment, { ...(await second.options()), args: ["--expect-no-changes"] }));
  await expectFirstUnchanged();
});

it("has its token role, its policies and its logins in its own namespace and mount", async () => {
  const role = `auth/token/roles/claude-${SECOND}`;
  expect((await second.asRoot({ method: "GET", path: role })).status).toBe(200);
  expect((await second.asRoot({ method: "GET", path: role }, "")).status).toBe(404);
  await unwatch(environment, USER);
  // The user may have been in the first fleet once, whose backups stay.
  const former = await backup(environment, USER);
  const login = await logIn(environment, USER);
  await awaitRest(environment, USER);
  const ran = await runService(environment, USER);
  expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
  const stored = await second.asRoot({ method: "GET", path: `${MOUNT}/data/logins/${USER}` });
  expect(JSON.stringify(stored.body)).toContain(login);
  expect(await backup(environment, USER)).toEqual(former);
});

it("goes without a trace, and the first stays as it is", async () => {
  const before = await firstFleet(environment);
  const held = (await vaultTokenOf(environment, USER)) ?? "";
  expectSuccess(await pulumi(environment, ["destroy", "--yes"], await second.options()));
  expect(await firstFleet(environment)).toEqual(before);
  await expectFirstUnchanged();
  expect(await vaultTokenOf(environment, USER)).toBeUndefined();
  expect(await second.statusOf(held)).toBe(403);
  expect(await onWorkstation(environment, "ls /etc/claude-fleet")).toBe(`${FLEET}\n`);
  expect((await second.asRoot({ method: "GET", path: `auth/token/roles/claude-${SECOND}` })).status).toBe(
    404,
  );
  await expect(second.container()).rejects.toThrow(/no such container/i);
  // Its backups stay, as those of every user who leaves.
  expect((await second.asRoot({ method: "GET", path: `${MOUNT}/data/logins/${USER}` })).status).toBe(200);
  const ran = await runService(environment, "alice");
  expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
});
