/** Bundles what runs outside the Pulumi program: the operator's command, and the one file that hosts run. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { build, type BuildOptions } from "esbuild";
import { hostProgram, type ProgramDigest } from "../lib/program-digest.ts";

const shared: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node20",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  write: false,
};

/** Where the host bundle lies, relative to the project's folder. */
const HOST_BUNDLE = "dist/claude-fleet-host.cjs";
/** Where the operator's command lies, relative to the project's folder. */
export const CLI_BUNDLE = "dist/claude-fleet.mjs";
/** Where the policy pack's entry lies, relative to the project's folder. */
const POLICY_BUNDLE = "policy/dist/pack.js";

/**
 * Builds both bundles below `root`, rewriting only what changed, and returns the host bundle's digest.
 * The same sources and lockfile give the same bytes on every machine, so the digest can be a resource's input.
 */
export async function buildPrograms(root: string): Promise<ProgramDigest> {
  const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { version: string };
  const [host] = await Promise.all([
    bundle(root, HOST_BUNDLE, {
      ...shared,
      entryPoints: ["build/host-program.ts"],
      format: "cjs",
    }),
    bundle(root, CLI_BUNDLE, {
      ...shared,
      entryPoints: ["cli/main.ts"],
      format: "esm",
      define: { __CLAUDE_FLEET_VERSION__: JSON.stringify(manifest.version) },
      banner: {
        js: [
          "#!/usr/bin/env node",
          "import { createRequire as bundleRequire } from 'node:module';",
          "const require = bundleRequire(import.meta.url);",
        ].join("\n"),
      },
    }),
  ]);
  return hostProgram(manifest.version, host);
}

/** Builds the policy pack; `@pulumi/policy` stays a package, so that the pack and the engine's runner share one copy. */
export async function buildPolicyPack(root: string): Promise<void> {
  await bundle(root, POLICY_BUNDLE, {
    ...shared,
    entryPoints: ["policy/pack.ts"],
    format: "esm",
    external: ["@pulumi/policy"],
  });
}

async function bundle(root: string, target: string, options: BuildOptions): Promise<Uint8Array> {
  const result = await build({ ...options, absWorkingDir: root, outfile: target });
  const bytes = result.outputFiles?.[0]?.contents;
  if (bytes === undefined) throw new Error(`esbuild wrote nothing for ${target}`);
  const file = path.join(root, target);
  const present = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (present === undefined || !present.equals(bytes)) {
    await mkdir(path.dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}`;
    await writeFile(temporary, bytes, { mode: 0o755 });
    await rename(temporary, file);
  }
  return bytes;
}
