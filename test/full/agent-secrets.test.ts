/** No secret leaves its place while the agent runs: processes and files are watched all the time, the rest is searched. */
import { randomBytes } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devEnvironment, type DevEnvironment } from "../../dev/environment.ts";
import { TEXTFILE } from "../support/environment/figures.ts";
import { leaksOfProcesses, watchProcesses, type SeenProcess } from "../support/environment/processes.ts";
import { findSecrets, userSecrets, type Secret } from "../support/environment/secrets.ts";
import { onWorkstation } from "../support/environment/workstation.ts";
import { watchFiles, type Finding } from "../support/real-cli/file-sampler.ts";
import { Stage } from "../support/real-cli/stage.ts";

const USER = "alice";
const UID = 1001;
/** What the user alone can look into, and where a login may lie while something is done with it. */
const OWN =
  /^\/home\/alice\/(?:\.claude|\.config\/claude-auth-sync|\.local\/state\/claude-auth-sync(?:\/scratch|\/identity)?)\/[^/]+$/;
/** No secret: searched for where it was planted, it shows that the search finds what is there. */
const canary: Secret = { name: "the canary", value: `canary${randomBytes(16).toString("hex")}` };
const PLANTED = "/home/alice/planted.tmp";

let environment: DevEnvironment;
let stage: Stage;
let processes: readonly SeenProcess[];
let findings: readonly Finding[];
let left: string;
let channels: ReadonlyMap<string, string>;
const secrets = new Map<string, Secret>();

/** Every token that was there at some time. */
async function collectSecrets(): Promise<void> {
  for (const secret of await userSecrets(environment, USER))
    if (secret.value !== "") secrets.set(secret.value, secret);
}

beforeAll(async () => {
  environment = await devEnvironment();
  stage = await Stage.open(environment, "2.1.330");
  await stage.reset();
  const [stopProcesses, stopFiles] = [await watchProcesses(), await watchFiles(environment)];
  const planted = await plant();
  await everyKindOfRun();
  left = await stage.root(
    `grep -rlE "sk-ant-o[ar]t01-[A-Za-z0-9_-]{20}" /home /tmp /run /var /root 2>/dev/null || true`,
  );
  planted.kill();
  [processes, findings] = [await stopProcesses(), await stopFiles()];
  channels = await readAll();
});

afterAll(async () => {
  await stage.root(`rm -f ${PLANTED}`);
  await stage.close();
});

/** Runs of every kind: a new, a refreshed, a restored and a refused login; a CLI that hangs; an agent that a signal ends. */
async function everyKindOfRun(): Promise<void> {
  const run = async (during?: (running: Stage) => Promise<void>) => {
    await collectSecrets();
    await stage.start(() => during?.(stage) ?? Promise.resolve());
    await collectSecrets();
  };
  await stage.signIn();
  await run();
  await stage.expire();
  await run();
  await stage.own("rm .claude/.credentials.json");
  await run();
  await stage.behave({ messages: "400-echo" });
  await run();
  await environment.anthropic.behaveWell();
  await stage.behave({ messages: "ok", hold: true });
  await run(async () => {
    await stage.inferences(1);
    await stage.root(`systemctl kill -s ABRT --kill-who=main claude-auth-sync@${USER}.service`);
    await environment.anthropic.behaveWell();
  });
  await stage.signIn();
  await stage.vaultAway();
  await run();
  await stage.vaultBack();
  await run();
}

/** Shows the canary in each of the ways that are watched. */
async function plant(): Promise<ChildProcess> {
  const [ssh, ...args] = environment.workstationSsh;
  const child = spawn(ssh, [...args, "sh -s"], { stdio: ["pipe", "ignore", "ignore"] });
  await once(child, "spawn");
  const { value } = canary;
  child.stdin.write(`logger -t claude-auth-sync "${value}"
    printf "%s" ${value} > ${PLANTED}; chmod 644 ${PLANTED}
    CANARY=${value} sleep 3600 & one=$!; sh -c "read -r _" ${value} < /dev/zero & two=$!; read -r _; kill $one $two\n`);
  return child;
}

/** What the agent says, wherever it does. */
async function readAll(): Promise<ReadonlyMap<string, string>> {
  const state = `/home/${USER}/.local/state/claude-auth-sync`;
  const read = (shell: string) => onWorkstation(environment, shell);
  return new Map([
    ["the journal, all its fields", await read("journalctl --sync; journalctl --no-pager -a -o export")],
    ["what the agent keeps", await read(`cat ${state}/*.log ${state}/*.json`)],
    ["the figures", await read(`systemctl start claude-fleet-collect.service && cat ${TEXTFILE}`)],
  ]);
}

const operator = () => ({
  token: { name: "the operator's Vault token", value: environment.vault.token },
  pid: process.pid,
});

describe("runs of every kind", () => {
  it("were watched, with tokens that came and went", () => {
    expect([...secrets.values()].filter(({ name }) => name.endsWith("refreshToken")).length).toBeGreaterThan(
      3,
    );
    const commands = processes.flatMap((one) => one.commands.map((command) => command.replaceAll("\0", " ")));
    for (const part of [/agent run --fleet/, /claude -p Reply OK/])
      expect(
        commands.some((command) => part.test(command)),
        String(part),
      ).toBe(true);
    for (const folder of ["scratch", "identity"])
      expect(
        findings.some(({ path }) => path.includes(`/${folder}/`)),
        folder,
      ).toBe(true);
  });

  it("show no secret in any process's arguments or variables", () => {
    expect(leaksOfProcesses(processes, [...secrets.values()], operator())).toEqual([]);
  });

  it("have tokens in the user's own private files alone, and in the end in one of them", () => {
    const strays = findings.filter(
      ({ path, mode, owner }) => path !== PLANTED && !(OWN.test(path) && mode === "600" && owner === UID),
    );
    expect(strays).toEqual([]);
    const places = left.split("\n").filter((path) => path !== "");
    expect(places).toContain("/home/alice/.claude/.credentials.json");
    expect(places.filter((path) => !/^\/home\/[^/]+\/\.claude\/\.credentials\.json$/.test(path))).toEqual([]);
  });

  it("leave no secret in the journal, in what the agent keeps, or in the figures", () => {
    for (const [channel, text] of channels)
      expect(findSecrets(text, [...secrets.values()]), channel).toEqual([]);
  });

  it("leave no core behind, though one was ended by SIGABRT", async () => {
    const cores = "find / -xdev -type f \\( -name core -o -name 'core.*' \\) -size +1M 2>/dev/null || true";
    expect(await onWorkstation(environment, cores)).toBe("");
    const limit = "systemctl show -p LimitCORE --value claude-auth-sync@alice.service";
    expect(await onWorkstation(environment, limit)).toBe("0\n");
  });
});

describe("the search", () => {
  it("finds what is leaked: in arguments, in variables, in a file, in the journal", () => {
    const leaks = leaksOfProcesses(processes, [canary], operator()).map((leak) => leak.replace(/\d+/, "N"));
    expect(leaks).toContain("arguments of process N (sh): the canary");
    expect(leaks).toContain("variables of process N (sleep): the canary");
    expect(findings).toContainEqual(expect.objectContaining({ path: PLANTED, mode: "644" }));
    expect(findSecrets(channels.get("the journal, all its fields") ?? "", [canary])).toEqual(["the canary"]);
  });
});
