/** No secret leaves its place during an `up`: watched while it enrols and rolls out, and looked for afterwards. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkout } from "../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { writeTokenFile } from "../../dev/token-host.ts";
import { leaksIn, readChannels, type Channels } from "../support/environment/channels.ts";
import { leaksOfProcesses, watchProcesses, type SeenProcess } from "../support/environment/processes.ts";
import { expectSuccess, restoreStack, up, type PulumiRun } from "../support/environment/pulumi.ts";
import { committedRoster, settingsWith, withUsers } from "../support/environment/roster.ts";
import { environmentSecrets, tokensIn, userSecrets, type Secret } from "../support/environment/secrets.ts";
import { runService } from "../support/environment/workstation.ts";

/** Enrolled afresh during the watched `up`; its address holds the canary. */
const NEWCOMER = "anca_elena98";
const USERS = ["alice", "bob", "carol", NEWCOMER] as const;

/**
 * A value that is no secret, planted where it must come out again: searched for in the same texts, it shows that the
 * search finds what is there.
 */
const canary: Secret = { name: "the canary", value: `canary${randomBytes(16).toString("hex")}` };

let environment: DevEnvironment;
let secrets: readonly Secret[];
let ended: PulumiRun;
let processes: readonly SeenProcess[];
let channels: Channels;

const canaryLog = join(checkout.folder, "log/canary.log");
const canaryContainer = `${checkout.prefix}-canary`;

beforeAll(async () => {
  environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  const former = await secretsNow();
  await writeTokenFile(await environment.anthropic.setupToken("platform@example.com"));
  const roster = withUsers(await committedRoster(), {
    [NEWCOMER]: { workstation: "devvm", email: `${canary.value}@example.com` },
  });
  const configFile = await settingsWith(roster);

  const stop = await watchProcesses();
  const planted = await plantProcesses();
  try {
    ended = await up(environment, { configFile });
    await runService(environment, "alice");
  } finally {
    for (const child of planted) child.kill();
    processes = await stop();
  }
  await runService(environment, NEWCOMER);
  await plantElsewhere();
  secrets = [...former, ...(await secretsNow())];
  channels = new Map([
    ...(await readChannels(environment)),
    ["pulumi's output", ended.output],
    ["the engine's events", ended.events],
  ]);
});

afterAll(async () => {
  await environment.docker.getContainer(canaryContainer).remove({ force: true });
  await rm(canaryLog, { force: true });
  await restoreStack(environment);
});

async function secretsNow(): Promise<readonly Secret[]> {
  const users = await Promise.all(USERS.map((user) => userSecrets(environment, user)));
  const rolledOut = tokensIn(await readFile(environment.tokenFile, "utf8"), "the containers");
  return [...(await environmentSecrets(environment)), ...users.flat(), ...rolledOut];
}

const operator = () => ({
  token: { name: "the operator's Vault token", value: environment.vault.token },
  pid: process.pid,
});

/** Processes that show the canary, or the operator's token where it must not be, for as long as they are let live. */
async function plantProcesses(): Promise<readonly ChildProcess[]> {
  const wait = "setTimeout(() => undefined, 3_600_000)";
  const start = (args: readonly string[], env: Readonly<Record<string, string>>) =>
    spawn(process.execPath, args, { env, stdio: "ignore" });
  const startsOther = `const child = require("node:child_process").spawn("sleep", ["3600"], { stdio: "ignore" }); process.on("SIGTERM", () => { child.kill(); process.exit(); });`;
  const [program, ...args] = environment.workstationSsh;
  // Not by the words after ssh, which would stand in ssh's own arguments.
  const remote = spawn(program, [...args, "sh -s"], { stdio: ["pipe", "ignore", "ignore"] });
  remote.stdin.write(`CANARY=${canary.value} sleep 3600 & sleeper=$!; read -r _; kill $sleeper\n`);
  const planted = [
    start(["-e", wait, canary.value], {}),
    start(["-e", wait], { CANARY: canary.value }),
    start(["-e", startsOther, "dist/claude-fleet.mjs", "host", "observe"], {
      VAULT_TOKEN: environment.vault.token,
    }),
    remote,
  ];
  await Promise.all(planted.map((child) => once(child, "spawn")));
  return planted;
}

/** In the places that a roster does not reach. */
async function plantElsewhere(): Promise<void> {
  await appendFile(canaryLog, `${canary.value}\n`, { mode: 0o600 });
  const [like = ""] = environment.serviceContainers;
  const { Config } = await environment.docker.getContainer(like).inspect();
  await environment.docker.createContainer({
    name: canaryContainer,
    Image: Config.Image,
    Labels: Config.Labels,
    Env: [`CANARY=${canary.value}`],
  });
}

describe("an up that enrols a user and rolls a token out", () => {
  it("succeeds, with new secrets of both kinds", () => {
    expectSuccess(ended);
    const names = secrets.map(({ name }) => name);
    expect(names).toContain(`${NEWCOMER}'s Vault token`);
    const values = (name: string) =>
      new Set(secrets.filter((secret) => secret.name === name).map(({ value }) => value));
    expect(values("the containers' accessToken").size).toBe(2);
    expect(values("alice's accessToken").size).toBeGreaterThan(0);
    expect(values("alice's refreshToken").size).toBeGreaterThan(0);
    expect(ended.operations).toContainEqual({
      op: "update",
      type: "command:local:Command",
      name: "devvm-apply",
    });
  });

  it("was watched: pulumi, its plugins, ssh, and what runs on the workstation", () => {
    const commands = processes.flatMap((one) => one.commands.map((command) => command.replaceAll("\0", " ")));
    const parts = [
      /pulumi up /,
      /pulumi-resource-vault/,
      /pulumi-resource-docker/,
      /claude-fleet\.mjs host apply/,
      /claude-fleet\.mjs host gate/,
      /^ssh .*devvm/,
      /agent run --fleet/,
    ];
    for (const part of parts)
      expect(
        commands.some((command) => part.test(command)),
        String(part),
      ).toBe(true);
  });

  it("shows no secret in any process's arguments, or in the variables of another than the operator's", () => {
    const leaks = leaksOfProcesses(processes, secrets, operator());
    // Planted: the child of what looks like `claude-fleet host`.
    expect(leaks.filter((leak) => !/^variables of process \d+ \(sleep\): the operator's/.test(leak))).toEqual(
      [],
    );
  });

  it("leaves no secret in state, output, logs, journal or container settings", () => {
    expect(leaksIn(channels, secrets)).toEqual([]);
  });
});

describe("the search for secrets", () => {
  it("finds what a process shows, here and on the workstation", () => {
    const leaks = leaksOfProcesses(processes, [canary], operator()).map((leak) => leak.replace(/\d+/, "N"));
    expect(leaks).toContain("arguments of process N (node): the canary");
    expect(leaks).toContain("variables of process N (node): the canary");
    expect(leaks).toContain("variables of process N (sleep): the canary");
  });

  it("finds the operator's token behind `claude-fleet host`, and not in that itself", () => {
    const leaks = leaksOfProcesses(processes, [operator().token], operator());
    expect(leaks).toHaveLength(1);
    expect(leaks[0]).toMatch(/^variables of process \d+ \(sleep\): the operator's Vault token$/);
  });

  it.each([
    "the exported, decrypted state",
    "the state's files",
    "pulumi's output",
    "the engine's events",
    "the environment's logs",
    "the workstation's journal",
    "the workstation's files outside homes, and the agents' logs",
    "docker inspect",
  ])("finds what is in %s", (channel) => {
    expect(leaksIn(channels, [canary])).toContain(`${channel}: the canary`);
  });

  it("finds a value in clear, in halves, and encoded", () => {
    const value = `not-a-real-secret-${randomBytes(24).toString("hex")}`;
    const texts = [
      value,
      value.slice(0, 40),
      Buffer.from(value).toString("hex"),
      ...["", "x", "xy"].flatMap((before) => [
        Buffer.from(`${before}${value}`).toString("base64"),
        Buffer.from(`${before}${value}, and more`).toString("base64url"),
      ]),
    ].map((text) => `before ${text} after`);
    for (const text of texts)
      expect(leaksIn(new Map([["text", text]]), [{ name: "it", value }])).toEqual(["text: it"]);
    expect(leaksIn(new Map([["text", value.slice(0, 20)]]), [{ name: "it", value }])).toEqual([]);
  });
});
