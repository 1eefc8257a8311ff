// Puts the stand-in language host and provider plugins where the engine looks for them, built from dev/stand-ins/pulumi-plugins/.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { takeLock } from "../../lib/file-lock.ts";
import { isExecutable } from "./cli-build.ts";
import { CLI_VERSION, PLUGIN_VERSIONS } from "./pulumi-versions.ts";
import { readTextFile } from "../../lib/regular-file.ts";

const SOURCES = fileURLToPath(new URL("../stand-ins/pulumi-plugins/", import.meta.url));
/** Modules that the stand-ins share with the product. */
const LIB = fileURLToPath(new URL("../../lib/", import.meta.url));

/** One stand-in: its folder below dev/stand-ins/pulumi-plugins, and the file that the engine starts. */
interface StandIn {
  readonly folder: string;
  readonly file: string;
}

/** The stand-ins, and where they belong in a Pulumi home. */
export function standIns(home: string): readonly StandIn[] {
  const plugins = Object.entries(PLUGIN_VERSIONS).map(([name, version]) => ({
    folder: name,
    file: join(home, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`),
  }));
  return [{ folder: "language", file: join(cliFolder(home), "pulumi-language-nodejs") }, ...plugins];
}

/** Where the npm launcher looks for the CLI in a Pulumi home. */
export function cliFolder(home: string): string {
  return join(home, "versions", CLI_VERSION, "bin");
}

/**
 * Builds and installs the stand-ins, each one executable file. Nothing is done when their sources and the packages
 * that they are built from have not changed since.
 * @returns whether anything was built.
 */
export async function installStandIns(home: string): Promise<boolean> {
  await mkdir(cliFolder(home), { recursive: true });
  const lock = await takeLock(join(home, ".stand-ins.lock"), WAIT_SECONDS);
  if (lock === undefined) {
    throw new ExpectedError(
      `Another process has been building plugins in ${home} for a minute; end it, and try again.`,
    );
  }
  try {
    const stamp = join(cliFolder(home), STAND_IN_STAMP);
    const wanted = await digestOfSources();
    const present = await Promise.all(standIns(home).map(({ file }) => isExecutable(file)));
    if (present.every(Boolean) && (await readTextFile(stamp, 1024)) === wanted) return false;
    await Promise.all(standIns(home).map(bundle));
    await writeFileAtomic(stamp, wanted, { mode: 0o644 });
    return true;
  } finally {
    await lock.release();
  }
}

/** The file that says that the language host beside it is ours, and what it was built from. */
export const STAND_IN_STAMP = "stand-in-plugins";

/** How long another process may take to build the plugins: it takes seconds. */
const WAIT_SECONDS = 60;

async function bundle({ folder, file }: StandIn): Promise<void> {
  const result = await build({
    entryPoints: [join(SOURCES, folder, "main.ts")],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    write: false,
    minifySyntax: true,
    legalComments: "none",
    // What CommonJS packages in the bundle expect to find.
    banner: {
      js: [
        "#!/usr/bin/env node",
        'import { createRequire as __createRequire } from "node:module";',
        'import { fileURLToPath as __toPath } from "node:url";',
        'import { dirname as __toFolder } from "node:path";',
        "const require = __createRequire(import.meta.url);",
        "const __filename = __toPath(import.meta.url), __dirname = __toFolder(__filename);",
      ].join("\n"),
    },
    // Native parts of packages whose features are not used here; the packages do without when they are missing.
    external: ["*.node", "cpu-features"],
  });
  const [output] = result.outputFiles;
  if (output === undefined)
    throw new Error(`esbuild gave nothing for dev/stand-ins/pulumi-plugins/${folder}.`);
  await mkdir(dirname(file), { recursive: true });
  // The file has no suffix, so Node is told what it is by the package that it lies in.
  await writeFileAtomic(join(dirname(file), "package.json"), '{"type":"module"}\n', { mode: 0o644 });
  await writeFileAtomic(file, output.contents, { mode: 0o755 });
}

async function digestOfSources(): Promise<string> {
  const hash = createHash("sha256").update(process.version);
  for (const folder of [SOURCES, LIB]) {
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts")).sort();
    for (const name of names) hash.update(name).update(await readFile(join(folder, name)));
  }
  const lockfile = fileURLToPath(new URL("../../package-lock.json", import.meta.url));
  hash.update(await readFile(lockfile)).update(await readFile(fileURLToPath(import.meta.url)));
  return hash.digest("hex");
}
