/** `npm run up`: brings every part of the environment to its place, in parallel where it can, and applies the stack. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { command } from "../lib/process.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { takeLock } from "../lib/file-lock.ts";
import { ensureAccounts } from "./accounts.ts";
import type { AnthropicControl } from "./stand-ins/anthropic/client.ts";
import { baseImageArchive, baseImageMissing } from "./base-image.ts";
import {
  claudeBinary,
  DEFAULT_CLAUDE_VERSION,
  nodeBinary,
  openbaoBinary,
  openbaoMissing,
} from "./binaries.ts";
import { checkout, devFolder } from "./checkout.ts";
import { engineMissing, ensureEngine, type Engine } from "./engine.ts";
import { devEnvironment } from "./environment.ts";
import { ensureServiceImage, ensureWorkstationImage, serviceImage } from "./images.ts";
import { ensureNetwork, networkName } from "./network.ts";
import { ensurePorts, type Ports } from "./ports.ts";
import { platformName } from "./platform.ts";
import { runSteps, type Step, type Timings } from "./progress.ts";
import { ensureSsh, sshConfigFile, type SshKeys } from "./ssh.ts";
import { applyStack, pulumiFolders, STACK, writeStack } from "./stack.ts";
import { serviceContainer } from "./stack-settings.ts";
import { apiUrl, authorityFile, ensureStandIn } from "./stand-in.ts";
import { describeEnvironment } from "./summary.ts";
import { ensurePrograms, type Need } from "./system-packages.ts";
import {
  ensureEnvironmentFile,
  ensureTokenFile,
  environmentFile,
  gatewayKeySha256,
  siteCommands,
  tokenFile,
} from "./token-host.ts";
import { ensurePulumi, type Toolchain } from "./toolchain/pulumi.ts";
import { ensureVault, vaultAddress, vaultAuthorityFile } from "./vault.ts";
import { ensureWorkstation } from "./workstation.ts";

/** What the steps hand to those after them. */
interface Parts {
  ports: Ports;
  bao: string;
  claude: string;
  toolchain: Toolchain;
  engine: Engine;
  gateway: string;
  keys: SshKeys;
  control: AnthropicControl;
}

/**
 * Brings everything up. Safe to run again at any time: what is there is kept, what has stopped is started.
 * @param options.stack `false`: without Pulumi
 * @returns seconds by step; `stack` is `pulumi up`
 * @throws {ExpectedError} naming what failed and what to do
 */
export async function up(options: { readonly stack: boolean }): Promise<void> {
  platformName();
  const lock = await lockEnvironment();
  try {
    await runSteps([
      {
        name: "programs",
        title: "System packages",
        after: [],
        run: async (say) => ensurePrograms(await needs(), say),
      },
    ]);
    const timings = new Map(await runSteps(steps(options.stack)));
    if (options.stack) {
      const { variables } = await devEnvironment();
      const started = performance.now();
      await applyStack(variables);
      timings.set("stack", (performance.now() - started) / 1000);
      console.log(await describeEnvironment(variables));
    }
    await recordTimings(timings);
  } finally {
    await lock.release();
  }
}

/** Two that change the same environment at once would undo each other's work. */
export async function lockEnvironment() {
  const lock = await takeLock(join(devFolder(), "lock"), 0);
  if (lock) return lock;
  throw new ExpectedError(
    `Another "npm run up", "down" or "test" is at work in ${checkout.root}; wait for its end.`,
  );
}

/** Programs of the system that this run will use. */
async function needs(): Promise<readonly Need[]> {
  const needed: Need[] = [
    { program: "ssh", why: "reach the workstation" },
    { program: "ssh-keygen", why: "make its keys" },
    { program: "ip", why: "give the containers a network" },
    { program: "flock", why: "keep two runs apart" },
    { program: "docker", why: "look into the containers" },
  ];
  if (await engineMissing())
    needed.push({ program: "dockerd", why: "run the containers, for no Docker engine runs here" });
  if (baseImageMissing()) needed.push({ program: "debootstrap", why: "build the workstation's image" });
  if (checkout.environment !== "dev") {
    if (!(await composeAnswers()))
      needed.push({ program: "docker-compose", why: "test the rollout of a compose file's services" });
    needed.push({ program: "rootlesskit", why: "try an engine without root" });
    needed.push({ program: "newuidmap", why: "give that engine's containers users" });
    needed.push({ program: "promtool", why: "test the alerts" });
    needed.push({ program: "amtool", why: "check how alerts are routed" });
    needed.push({ program: "prometheus-node-exporter", why: "let Prometheus read a workstation's figures" });
    needed.push({ program: "chromium", why: "look at the page of `claude-fleet status`" });
    needed.push({ program: "prometheus-alertmanager", why: "test that a rotation waits for its alert" });
  }
  if (openbaoMissing()) needed.push({ program: "pip3", why: "download OpenBao" });
  return needed;
}

/** Whether docker has the plugin; the command of its own is asked for by its name. */
async function composeAnswers(): Promise<boolean> {
  try {
    await command("docker", ["compose", "version"]);
    return true;
  } catch (error) {
    if (error instanceof ExpectedError) return false;
    throw error;
  }
}

function steps(withStack: boolean): readonly Step[] {
  const parts = {} as Parts;
  const list: Step[] = [
    {
      name: "ports",
      title: "Ports and keys",
      after: [],
      run: async () => {
        parts.ports = await ensurePorts();
        parts.keys = await ensureSsh(parts.ports);
      },
    },
    {
      name: "openbao",
      title: "OpenBao's binary",
      after: [],
      run: async (say) => void (parts.bao = await openbaoBinary(say)),
    },
    {
      name: "claude",
      title: "Claude Code CLI",
      after: [],
      run: async (say) => void (parts.claude = await claudeBinary(DEFAULT_CLAUDE_VERSION, say)),
    },
    {
      name: "node",
      title: "Node for the containers",
      after: [],
      run: async (say) => void (await nodeBinary(say)),
    },
    {
      name: "debian",
      title: "Debian for the containers",
      after: [],
      run: async (say) => void (await baseImageArchive(say)),
    },
    {
      name: "engine",
      title: "Docker engine",
      after: [],
      run: async (say) => {
        parts.engine = await ensureEngine(say);
        parts.gateway = await ensureNetwork(parts.engine);
        return `${parts.engine.kind === "own" ? "its own" : "the one that runs here"}, ${parts.engine.host}`;
      },
    },
    {
      name: "image",
      title: "Workstation's image",
      after: ["engine", "debian"],
      run: (say) => ensureWorkstationImage(parts.engine, say),
    },
    {
      name: "service-image",
      title: "Services' image",
      after: ["image", "node"],
      run: (say) => ensureServiceImage(parts.engine, say),
    },
    {
      name: "vault",
      title: "Vault",
      after: ["engine", "ports", "openbao"],
      run: (say) => ensureVault(parts.bao, parts.ports, parts.gateway, say),
    },
    {
      name: "anthropic",
      title: "Stand-in for Anthropic",
      after: ["engine", "ports"],
      run: async (say) => {
        parts.control = await ensureStandIn(parts.ports, parts.gateway, say);
        return apiUrl(parts.ports);
      },
    },
    {
      name: "token",
      title: "Token file",
      after: ["anthropic"],
      run: async () => {
        const said = await ensureTokenFile(parts.control);
        await ensureEnvironmentFile();
        return said;
      },
    },
    {
      name: "workstation",
      title: "Workstation",
      after: ["image", "anthropic", "vault", "claude", "node"],
      run: (say) => ensureWorkstation(parts.engine, { ...parts, authorities: authorities() }, say),
    },
    {
      name: "accounts",
      title: "Workstation's users",
      after: ["workstation"],
      run: (say) => ensureAccounts(parts.control, say),
    },
  ];
  if (!withStack) return list;
  const { home } = pulumiFolders("stand-in");
  return [
    ...list,
    {
      name: "pulumi",
      title: "Pulumi",
      after: [],
      run: async (say) => {
        parts.toolchain = await ensurePulumi({ home, progress: say });
        return `${parts.toolchain.plugins} plugins`;
      },
    },
    {
      name: "settings",
      title: "Stack's settings",
      after: ["pulumi", "vault", "service-image", "claude", "token"],
      run: () => writeSettings(parts),
    },
  ];
}

function authorities(): Readonly<Record<string, string>> {
  const files = { "anthropic-stand-in": authorityFile(), "dev-vault": vaultAuthorityFile() };
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, readFileSync(file, "utf8")]));
}

async function writeSettings({ ports, gateway, toolchain, claude }: Parts): Promise<string> {
  await writeStack({
    fleet: checkout.environment,
    vaultAddress: vaultAddress(ports),
    sshConfigFile,
    plugins: toolchain.plugins,
    tokenFile,
    environmentFile,
    gatewayPort: ports.gateway,
    gatewayKeySha256: gatewayKeySha256(),
    siteCommands: siteCommands(ports.gateway, serviceContainer(checkout.prefix, "backend-gateway")),
    apiUrl: apiUrl(ports),
    apiUrlForContainers: `http://${gateway}:${ports.anthropic}`,
    claude,
    image: serviceImage,
    network: networkName,
    prefix: checkout.prefix,
  });
  return `Pulumi.${STACK}.yaml`;
}

/** For the benchmark: how long each step of the last `up` took, in seconds. */
async function recordTimings(timings: Timings): Promise<void> {
  const text = JSON.stringify(Object.fromEntries(timings), undefined, 2);
  await writeFileAtomic(join(devFolder(), "timings.json"), `${text}\n`, { mode: 0o600 });
}
