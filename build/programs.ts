/** Bundles everything that runs: the Pulumi program, the operator's command, the program of hosts, the policy pack. */
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { build, type BuildOptions } from "esbuild";
import { canonicalJson } from "../lib/canonical-json.ts";
import { hostProgram, type ProgramDigest } from "../lib/program-digest.ts";

/** Where the one file that hosts run lies, relative to the project's folder. */
const HOST_BUNDLE = "dist/claude-fleet-host.cjs";
/** Where the operator's command lies, relative to the project's folder. */
export const CLI_BUNDLE = "dist/claude-fleet.mjs";
/** The Pulumi program in one file. Node compiles it in a third of the time that several hundred files take. */
const PULUMI_BUNDLE = "dist/program.mjs";
const POLICY_BUNDLE = "policy/dist/pack.js";
/** Lists the bundles and every file that they were made from, each with its size and time; program/start.mjs reads it. */
const BUILT_FROM = "dist/built-from.json";
/** Files that change a bundle without being part of one. */
const ALSO_SOURCES = ["package.json", "build/programs.ts", "node_modules/esbuild/package.json"];

const shared: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node20",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  write: false,
};

/**
 * Builds all bundles below `root`, rewriting only what changed, and returns the digest of the hosts' program.
 * The same sources and lockfile give the same bytes on every machine, so the digest can be a resource's input.
 */
export async function buildPrograms(root: string): Promise<ProgramDigest> {
  const { version } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const started = Date.now();
  const wanted = Object.entries(bundles(version));
  const sources = await Promise.all(wanted.map(([target, options]) => bundle(root, target, options)));
  const stamp = async (file: string, before: number) =>
    [file, stampOf(await stat(path.join(root, file)), before)] as const;
  const stamps = await Promise.all([
    ...[...new Set([...sources.flat(), ...ALSO_SOURCES])].map((file) => stamp(file, started)),
    ...wanted.map(([target]) => stamp(target, Infinity)),
  ]);
  await replace(path.join(root, BUILT_FROM), Buffer.from(canonicalJson(Object.fromEntries(stamps))));
  return hostProgram(version, await readFile(path.join(root, HOST_BUNDLE)));
}

/**
 * Returns a file's size and time. A source that has changed since the build began may not be in its bundle: it gets the
 * time 0, which no file has.
 * @param before when the build began, in milliseconds since the epoch
 */
export function stampOf(found: { size: number; mtimeMs: number }, before: number): readonly [number, number] {
  return [found.size, found.mtimeMs < before ? found.mtimeMs : 0];
}

function bundles(version: string): Readonly<Record<string, BuildOptions>> {
  const define = { __CLAUDE_FLEET_VERSION__: JSON.stringify(version) };
  return {
    [HOST_BUNDLE]: { entryPoints: ["build/host-program.ts"], format: "cjs" },
    [CLI_BUNDLE]: {
      entryPoints: ["cli/main.ts"],
      format: "esm",
      define,
      banner: {
        js: [
          "#!/usr/bin/env node",
          "import { createRequire as bundleRequire } from 'node:module';",
          "const require = bundleRequire(import.meta.url);",
        ].join("\n"),
      },
    },
    // Packages stay outside: Pulumi's runner and the program must share one copy of Pulumi's SDK.
    [PULUMI_BUNDLE]: { entryPoints: ["index.ts"], format: "esm", packages: "external", define },
    [POLICY_BUNDLE]: { entryPoints: ["policy/pack.ts"], format: "esm", external: ["@pulumi/policy"] },
  };
}

/** @returns the files that went into it, relative to `root` */
async function bundle(root: string, target: string, options: BuildOptions): Promise<readonly string[]> {
  const { outputFiles, metafile } = await build({
    ...shared,
    ...options,
    absWorkingDir: root,
    outfile: target,
  });
  const bytes = outputFiles?.[0]?.contents;
  if (bytes === undefined || metafile === undefined) throw new Error(`esbuild wrote nothing for ${target}`);
  await replace(path.join(root, target), bytes);
  return Object.keys(metafile.inputs).filter((file) => !file.includes(":"));
}

/** Writes a file in one step, unless it has these bytes already. */
async function replace(file: string, bytes: Uint8Array): Promise<void> {
  const present = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (present?.equals(bytes) === true) return;
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, bytes, { mode: 0o755 });
  await rename(temporary, file);
}
