// The stand-ins in a Pulumi home of their own: built beside a CLI from the cache, kept, and brought back.
import { chmod, mkdir, mkdtemp, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildKey } from "../../dev/toolchain/cli-build.ts";
import { standIns } from "../../dev/toolchain/plugins.ts";
import { ensurePulumi } from "../../dev/toolchain/pulumi.ts";
import { CLI_VERSION } from "../../dev/toolchain/pulumi-versions.ts";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "claude-fleet-toolchain-")));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program that says it is `pulumi` of some version. */
async function fakeCli(bin: string, version: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "pulumi"), `#!/bin/sh\necho v${version}\n`);
  await chmod(join(bin, "pulumi"), 0o755);
}

/** An environment whose cache has the CLI, and whose PATH has another version of it. */
async function environment() {
  const cache = join(folder, "cache");
  await fakeCli(join(cache, "claude-fleet", "pulumi-cli", await buildKey()), CLI_VERSION);
  await fakeCli(join(folder, "bin"), "3.1.0");
  return { PATH: join(folder, "bin"), XDG_CACHE_HOME: cache };
}

describe("a home without releases", () => {
  it("gets the built CLI as a file of its own, with the stand-ins beside it and in the plugin cache", async () => {
    const home = join(folder, "home");
    const reachable = () => Promise.resolve(false);
    const { cli, plugins } = await ensurePulumi({ home, env: await environment(), reachable });
    expect(plugins).toBe("stand-in");
    // No link to a shared folder: the engine would look for the language host there.
    expect(await realpath(cli)).toBe(cli);
    for (const { file } of standIns(home)) expect((await stat(file)).mode & 0o111).not.toBe(0);
  });

  it("keeps its stand-ins, and gets a lost one back", async () => {
    const home = join(folder, "home");
    const env = await environment();
    const said: string[] = [];
    const reachable = () => Promise.resolve(false);
    const ensure = () => ensurePulumi({ home, env, reachable, progress: (message) => said.push(message) });
    await ensure();
    await ensure();
    expect(said).toEqual(["Stand-in plugins: built"]);
    await rm(standIns(home)[0]?.file ?? "");
    await ensure();
    expect(said).toHaveLength(2);
  });
});
