// Where the CLI comes from, in which order, with stand-ins for what the network and PATH have.
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAtLeast } from "../../../../dev/toolchain/cli-build.ts";
import { cliFolder } from "../../../../dev/toolchain/plugins.ts";
import { ensurePulumi, pulumiEnvironment } from "../../../../dev/toolchain/pulumi.ts";
import { CLI_VERSION, PLUGIN_VERSIONS } from "../../../../dev/toolchain/pulumi-versions.ts";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "claude-fleet-toolchain-")));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program that says it is `pulumi` of some version. */
async function fakeCli(name: string, version: string, withHost: boolean): Promise<string> {
  const bin = join(folder, name);
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "pulumi"), `#!/bin/sh\necho v${version}\n`);
  await chmod(join(bin, "pulumi"), 0o755);
  if (withHost) await writeFile(join(bin, "pulumi-language-nodejs"), "#!/bin/sh\n", { mode: 0o755 });
  return bin;
}

const yes = () => Promise.resolve(true);
const no = () => Promise.resolve(false);

describe("the CLI", () => {
  it("that the launcher has already is taken as it is, without a look at the network", async () => {
    const home = join(folder, "home");
    await fakeCli(join("home", "versions", CLI_VERSION, "bin"), CLI_VERSION, true);
    const reachable = () => Promise.reject(new Error("asked the network"));
    expect(await ensurePulumi({ home, env: { PATH: "" }, reachable })).toEqual({
      cli: join(cliFolder(home), "pulumi"),
      plugins: "official",
    });
  });

  it("of the pinned version on PATH is linked where the launcher looks", async () => {
    const bin = await fakeCli("bin", CLI_VERSION, true);
    const home = join(folder, "home");
    const { cli, plugins } = await ensurePulumi({ home, env: { PATH: bin }, reachable: yes });
    expect(plugins).toBe("official");
    expect(await realpath(cli)).toBe(join(bin, "pulumi"));
  });

  it("that must be built needs Go, and says so", async () => {
    const env = { PATH: folder, XDG_CACHE_HOME: join(folder, "empty") };
    const asked = ensurePulumi({ home: join(folder, "home"), env, reachable: no });
    await expect(asked).rejects.toThrow(/Go was not found on PATH: install Go 1\.\d+.*or newer/);
  });

  it("that must be built needs a Go that is new enough", async () => {
    const bin = join(folder, "go-bin");
    await mkdir(bin);
    await writeFile(join(bin, "go"), "#!/bin/sh\necho go1.19.8\necho local\n", { mode: 0o755 });
    const env = { PATH: bin, XDG_CACHE_HOME: join(folder, "empty") };
    const asked = ensurePulumi({ home: join(folder, "home"), env, reachable: no });
    await expect(asked).rejects.toThrow(/Go 1\.19\.8 on PATH is too old/);
  });
});

describe("versions", () => {
  it("of the module are those of the packages", async () => {
    const module = await readFile(
      new URL("../../../../dev/toolchain/pulumi-cli/go.mod", import.meta.url),
      "utf8",
    );
    expect(module).toContain(`github.com/pulumi/pulumi/pkg/v3 v${CLI_VERSION}`);
    expect(module).toContain("tool github.com/pulumi/pulumi/pkg/v3/cmd/pulumi");
    expect(PLUGIN_VERSIONS).toEqual({ command: "1.2.1", docker: "5.0.0", vault: "7.8.0" });
  });

  it.each([
    ["1.25.11", "1.25.11", true],
    ["1.26", "1.25.11", true],
    ["1.25.9", "1.25.11", false],
    ["1.9", "1.25", false],
  ])("%s is at least %s: %s", (have, want, expected) => {
    expect(isAtLeast(have, want)).toBe(expected);
  });
});

describe("the environment", () => {
  it("keeps Pulumi to its own folders", () => {
    const env = pulumiEnvironment({ home: "/h", stateDir: "/s t", passphraseFile: "/p" });
    expect(env).toMatchObject({
      PULUMI_HOME: "/h",
      PULUMI_BACKEND_URL: "file:///s%20t?metadata=skip",
      PULUMI_CONFIG_PASSPHRASE_FILE: "/p",
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    });
    expect(env["PATH"]?.startsWith(`${cliFolder("/h")}:`)).toBe(true);
  });
});
