/** The steps by which `npm run up` brings an environment up, each with the steps that it needs. */
import { readFileSync } from "node:fs";
import { ensureAccounts } from "./accounts.ts";
import { baseImageArchive } from "./base-image.ts";
import { claudeBinary, DEFAULT_CLAUDE_VERSION, nodeBinary, openbaoBinary } from "./pinned-programs.ts";
import { checkout } from "./checkout.ts";
import { ensureEngine, type Engine } from "./engine.ts";
import { ensureServiceImage, ensureWorkstationImage, serviceImage } from "./images.ts";
import { aloneOnMachine } from "./machine-lock.ts";
import { ensureNetwork, networkName } from "./network.ts";
import { ensurePorts, type Ports } from "./ports.ts";
import type { Step } from "./progress.ts";
import { ensureSsh, sshConfigFile, type SshKeys } from "./ssh.ts";
import { pulumiFolders, STACK, writeStack } from "./stack.ts";
import { serviceContainer } from "./stack-settings.ts";
import { apiUrl, authorityFile, ensureStandIn } from "./stand-in.ts";
import type { AnthropicControl } from "./stand-ins/anthropic/client.ts";
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

/** What the steps hand to later steps. */
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

/** Returns all steps. @param withStack `false`: without Pulumi */
export function upSteps(withStack: boolean): readonly Step[] {
  const parts = {} as Parts;
  const servers = [...programSteps(parts), ...serverSteps(parts), ...workstationSteps(parts)];
  return withStack ? [...servers, ...stackSteps(parts)] : servers;
}

/** Brings what is downloaded or built once. */
function programSteps(parts: Parts): readonly Step[] {
  const step = (name: string, title: string, run: Step["run"]): Step => ({ name, title, after: [], run });
  return [
    step("openbao", "OpenBao's binary", async (say) => void (parts.bao = await openbaoBinary(say))),
    step("claude", "Claude Code CLI", async (say) => {
      parts.claude = await claudeBinary(DEFAULT_CLAUDE_VERSION, say);
    }),
    step("node", "Node for the containers", async (say) => void (await nodeBinary(say))),
    step("debian", "Debian for the containers", async (say) => void (await baseImageArchive(say))),
  ];
}

/** Starts the Docker engine, Vault and the stand-in for Anthropic. */
function serverSteps(parts: Parts): readonly Step[] {
  return [
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
      name: "engine",
      title: "Docker engine",
      after: [],
      run: async (say) => {
        await aloneOnMachine(async () => {
          parts.engine = await ensureEngine(say);
          parts.gateway = await ensureNetwork(parts.engine);
        });
        return `${parts.engine.kind === "own" ? "its own" : "the one that runs here"}, ${parts.engine.host}`;
      },
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
  ];
}

/** Creates the images and the workstation with its users. */
function workstationSteps(parts: Parts): readonly Step[] {
  return [
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
}

/** Prepares Pulumi and the stack's settings. */
function stackSteps(parts: Parts): readonly Step[] {
  const { home } = pulumiFolders("stand-in");
  return [
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
