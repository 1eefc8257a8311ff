/** Fetches Node's official binaries, which npm's packages `node-linux-*` hold unchanged, into the user's cache. */
import { join } from "node:path";
import { cached } from "./cache.ts";
import { unpackNpmPackage } from "./npm-package.ts";
import type { LinuxPlatform } from "./own-node.ts";
import type { Say } from "./say.ts";

/** Their folder in the cache; each one's is `<version>-<platform>`. */
export const NODE_KIND = "node";

/** A binary, exactly. `integrity` is the package's, as a lockfile has it. */
export interface PinnedNode {
  readonly version: string;
  readonly platform: LinuxPlatform;
  readonly integrity: string;
}

/** @returns absolute path of the binary */
export async function fetchNode({ version, platform, integrity }: PinnedNode, say: Say): Promise<string> {
  const folder = await cached(NODE_KIND, `${version}-${platform}`, say, async (target) => {
    await unpackNpmPackage({ name: `node-${platform}`, version, integrity }, target, say);
  });
  return join(folder, "bin/node");
}
