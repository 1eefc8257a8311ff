/**
 * Two fleets on one Vault, one Docker engine and one workstation: each is applied, changed and destroyed, and the other is
 * untouched. The second one's Vault is as another team runs it: a namespace and a mount of its own, behind its own CA.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { STACK } from "../../dev/stack.ts";
import { vaultAuthorityFile } from "../../dev/vault.ts";
import { vaultRequest, type VaultRequest } from "../../lib/vault-http.ts";
import { containerRuns } from "../e2e/support/containers.ts";
import { renewAfresh } from "../e2e/support/operator.ts";
import { expectSuccess, preview, pulumi, restoreStack, up } from "../e2e/support/pulumi.ts";
import { committedRoster, settingsWith, type Roster } from "../e2e/support/roster.ts";
import { putNewToken, type TokenFile } from "../e2e/support/token-file.ts";
import { backup, FLEET, lookUp } from "../e2e/support/vault.ts";
import {
  awaitRest,
  logIn,
  onWorkstation,
  person,
  runService,
  unwatch,
  vaultTokenOf,
} from "../e2e/support/workstation.ts";

const SECOND = "second";
const NAMESPACE = "team";
const MOUNT = "kv-team";
const USER = "john.doe";
const TOKEN_FILE = join(checkout.folder, "e2e/second/auth.json");
const CONTAINER = `${checkout.prefix}-second-runner`;

let environment: DevEnvironment;
let roster: Roster;
let token: TokenFile;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  await renewAfresh(environment, "alice");
  const { workstations } = await committedRoster();
  roster = { workstations, users: { [USER]: { workstation: "devvm", email: person(USER).email } } };
  await asRoot({ method: "POST", path: `sys/namespaces/${NAMESPACE}`, body: {} }, "");
  await asRoot({
    method: "POST",
    path: `sys/mounts/${MOUNT}`,
    body: { type: "kv", options: { version: "2" } },
  });
  await mkdir(dirname(TOKEN_FILE), { recursive: true, mode: 0o700 });
  token = await putNewToken(environment, { file: TOKEN_FILE });
  expectSuccess(await pulumi(environment, ["stack", "init", "--no-select"], { stack: SECOND }));
});

afterAll(async () => {
  await pulumi(environment, ["destroy", "--yes", "--continue-on-error"], await second());
  await pulumi(environment, ["stack", "rm", "--yes"], { stack: SECOND });
  await rm(join(checkout.root, `Pulumi.${SECOND}.yaml`), { force: true });
  await asRoot({ method: "DELETE", path: `sys/namespaces/${NAMESPACE}` }, "");
  await restoreStack(environment);
});

/** What Vault answers its administrator in the second fleet's namespace. */
async function asRoot(request: VaultRequest, namespace = NAMESPACE) {
  const { address, token: root } = environment.vault;
  const answer = await vaultRequest({ address, namespace, caPem: undefined, token: root }, request);
  if (answer.kind === "none") throw new Error(answer.why);
  return answer;
}

/** How the second stack is run: the first one's settings, with what is its own. */
async function second(wanted: Roster = roster) {
  const text = await readFile(join(checkout.root, `Pulumi.${STACK}.yaml`), "utf8");
  const { config } = z.object({ config: z.record(z.string(), z.unknown()) }).parse(parse(text));
  const platform = z
    .object({ platform: z.looseObject({ services: z.array(z.looseObject({})) }) })
    .parse(config["claude-fleet:tokens"]).platform;
  const { host, gate, rollout, driver } = platform;
  const services = [{ ...platform.services[0], name: "second-runner", container: CONTAINER }];
  const configFile = await settingsWith(wanted, {
    fleet: SECOND,
    vault: {
      address: environment.vault.address,
      namespace: NAMESPACE,
      mount: MOUNT,
      prefix: "logins",
      caFile: vaultAuthorityFile(),
      versionOverride: "1.14.0",
    },
    tokens: { shared: { host, gate, rollout, driver, services, file: TOKEN_FILE } },
  });
  return { stack: SECOND, configFile };
}

const applySecond = async (wanted?: Roster) => up(environment, await second(wanted));

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

const containerOf = async () => {
  const { Id, Config, State } = await environment.docker.getContainer(CONTAINER).inspect();
  return { Id, sha256: Config.Labels["claude-fleet.sha256"], running: State.Running };
};

describe("a second fleet", () => {
  it("is applied beside the first, on the same machine", async () => {
    const before = await firstFleet();
    expectSuccess(await applySecond());
    expect(await firstFleet()).toEqual(before);
    expect(await machineOf(SECOND)).toBe(await machineOf(STACK));
    expect(await containerOf()).toMatchObject({ sha256: token.sha256, running: true });
    expectSuccess(await preview(environment, { ...(await second()), args: ["--expect-no-changes"] }));
    await expectFirstUnchanged();
  });

  it("has its token role, its policies and its logins in its own namespace and mount", async () => {
    const role = `auth/token/roles/claude-${SECOND}`;
    expect((await asRoot({ method: "GET", path: role })).status).toBe(200);
    expect((await asRoot({ method: "GET", path: role }, "")).status).toBe(404);
    await unwatch(environment, USER);
    const login = await logIn(environment, USER);
    await awaitRest(environment, USER);
    const ran = await runService(environment, USER);
    expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
    const stored = await asRoot({ method: "GET", path: `${MOUNT}/data/logins/${USER}` });
    expect(JSON.stringify(stored.body)).toContain(login);
    expect(await backup(environment, USER)).toBeUndefined();
  });

  it("may not have what the first has: a preview says so, an up fails there, and the user stays", async () => {
    const both = {
      ...roster,
      users: { ...roster.users, alice: { workstation: "devvm", email: "alice@example.com" } },
    };
    const before = await firstFleet();
    const why = `alice is enrolled by the fleet "${STACK}" on this host; remove the user from one of the two`;
    const seen = await preview(environment, await second(both));
    expect(seen.code, seen.output).not.toBe(0);
    expect(seen.output).toContain(why);
    const ended = await applySecond(both);
    expect(ended.code, ended.output).not.toBe(0);
    expect(ended.output).toContain(why);
    expect(await firstFleet()).toEqual(before);
    expectSuccess(await applySecond());
  });

  it("may not have the first's names in Vault", async () => {
    const { configFile } = await second();
    const text = await readFile(configFile, "utf8");
    expect(text).toContain(`claude-fleet:fleet: ${SECOND}`);
    const named = await settingsWith(roster, { fleet: STACK, tokens: {} });
    const seen = await preview(environment, { stack: SECOND, configFile: named });
    expect(seen.code, seen.output).not.toBe(0);
    expect(seen.output).toContain(`the token role "claude-${STACK}" belongs to the stack`);
  });

  it("rolls out a new token to its own container alone", async () => {
    const before = await firstFleet();
    const former = await containerOf();
    token = await putNewToken(environment, { file: TOKEN_FILE });
    expectSuccess(await applySecond());
    expect(await containerOf()).toMatchObject({ sha256: token.sha256, running: true });
    expect((await containerOf()).Id).not.toBe(former.Id);
    expect(await firstFleet()).toEqual(before);
  });

  it("is left alone when the first changes", async () => {
    const { Id } = await containerOf();
    const generation = "cat /etc/claude-fleet/second/generation";
    const before = await onWorkstation(environment, generation);
    await onWorkstation(environment, "rm ~alice/.config/claude-auth-sync/vault-token");
    expectSuccess(await up(environment));
    expect((await containerOf()).Id).toBe(Id);
    expect(await onWorkstation(environment, generation)).toBe(before);
    expectSuccess(await preview(environment, { ...(await second()), args: ["--expect-no-changes"] }));
  });

  it("goes without a trace, and the first stays as it is", async () => {
    const before = await firstFleet();
    const held = (await vaultTokenOf(environment, USER)) ?? "";
    expectSuccess(await pulumi(environment, ["destroy", "--yes"], await second()));
    expect(await firstFleet()).toEqual(before);
    await expectFirstUnchanged();
    expect(await vaultTokenOf(environment, USER)).toBeUndefined();
    const self = await vaultRequest(
      { ...environment.vault, namespace: NAMESPACE, caPem: undefined, token: held },
      { method: "GET", path: "auth/token/lookup-self" },
    );
    expect(self).toMatchObject({ status: 403 });
    expect(await onWorkstation(environment, "ls /etc/claude-fleet")).toBe(`${FLEET}\n`);
    expect((await asRoot({ method: "GET", path: `auth/token/roles/claude-${SECOND}` })).status).toBe(404);
    await expect(containerOf()).rejects.toThrow(/no such container/i);
    // Its backups stay, as those of every user who leaves.
    expect((await asRoot({ method: "GET", path: `${MOUNT}/data/logins/${USER}` })).status).toBe(200);
    const ran = await runService(environment, "alice");
    expect(ran, ran.log).toMatchObject({ code: 0, result: "success" });
  });
});
