/**
 * Two fleets on one Vault, one Docker engine and one workstation: each is applied, changed and destroyed, and the other is
 * untouched. The second one's Vault is as another team runs it: a namespace and a mount of its own, behind its own CA.
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { STACK } from "../../dev/stack.ts";
import { containerRuns } from "../e2e/support/containers.ts";
import { renewAfresh } from "../e2e/support/operator.ts";
import { expectSuccess, preview, pulumi, restoreStack, up } from "../e2e/support/pulumi.ts";
import { settingsWith } from "../e2e/support/roster.ts";
import type { TokenFile } from "../e2e/support/token-file.ts";
import { backup, FLEET, lookUp } from "../e2e/support/vault.ts";
import {
  awaitRest,
  logIn,
  onWorkstation,
  runService,
  unwatch,
  vaultTokenOf,
} from "../e2e/support/workstation.ts";
import { MOUNT, SECOND, SecondFleet, USER } from "./support/second-fleet.ts";

let environment: DevEnvironment;
let second: SecondFleet;
let token: TokenFile;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  await renewAfresh(environment, "alice");
  second = await SecondFleet.open(environment);
  token = await second.putNewToken();
});

afterAll(async () => {
  await second.close();
  await restoreStack(environment);
});

/** All that is the first fleet's and could be touched. */
async function firstFleet() {
  const files = `/etc/claude-fleet/${FLEET}/* /etc/systemd/system/claude-auth-sync@alice*`;
  return {
    workstation: await onWorkstation(
      environment,
      `stat -c '%i %Y %n' ${files} ~alice/.config/claude-auth-sync/*; cat /etc/claude-fleet/${FLEET}/generation`,
    ),
    containers: await containerRuns(environment),
    token: await lookUp(environment, (await vaultTokenOf(environment, "alice")) ?? "").then(
      ({ accessor }) => accessor,
    ),
  };
}

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

describe("a second fleet", () => {
  it("is applied beside the first, on the same machine", async () => {
    const before = await firstFleet();
    expectSuccess(await second.apply());
    expect(await firstFleet()).toEqual(before);
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

  it("may not have what the first has: a preview says so, an up fails there, and the user stays", async () => {
    const both = {
      ...second.roster,
      users: { ...second.roster.users, alice: { workstation: "devvm", email: "alice@example.com" } },
    };
    const before = await firstFleet();
    const why = `alice is enrolled by the fleet "${STACK}" on this host; remove the user from one of the two`;
    const seen = await preview(environment, await second.options(both));
    expect(seen.code, seen.output).not.toBe(0);
    expect(seen.output).toContain(why);
    const ended = await second.apply(both);
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.output).toContain(why);
    expect(await firstFleet()).toEqual(before);
    expectSuccess(await second.apply());
  });

  it("may not have the first's names in Vault", async () => {
    const { configFile } = await second.options();
    const text = await readFile(configFile, "utf8");
    expect(text).toContain(`claude-fleet:fleet: ${SECOND}`);
    const named = await settingsWith(second.roster, { fleet: STACK, tokens: {} });
    const seen = await preview(environment, { stack: SECOND, configFile: named });
    expect(seen.code, seen.output).not.toBe(0);
    expect(seen.output).toContain(`the token role "claude-${STACK}" belongs to the stack`);
  });

  it("rolls out a new token to its own container alone", async () => {
    const before = await firstFleet();
    const former = await second.container();
    token = await second.putNewToken();
    expectSuccess(await second.apply());
    expect(await second.container()).toMatchObject({ sha256: token.sha256, running: true });
    expect((await second.container()).Id).not.toBe(former.Id);
    expect(await firstFleet()).toEqual(before);
  });

  it("is left alone when the first changes", async () => {
    const { Id } = await second.container();
    const generation = "cat /etc/claude-fleet/second/generation";
    const before = await onWorkstation(environment, generation);
    await onWorkstation(environment, "rm ~alice/.config/claude-auth-sync/vault-token");
    expectSuccess(await up(environment));
    expect((await second.container()).Id).toBe(Id);
    expect(await onWorkstation(environment, generation)).toBe(before);
    expectSuccess(await preview(environment, { ...(await second.options()), args: ["--expect-no-changes"] }));
  });

  it("goes without a trace, and the first stays as it is", async () => {
    const before = await firstFleet();
    const held = (await vaultTokenOf(environment, USER)) ?? "";
    expectSuccess(await pulumi(environment, ["destroy", "--yes"], await second.options()));
    expect(await firstFleet()).toEqual(before);
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
});
