// Finds or makes the pinned Pulumi CLI, so that `npx pulumi` works literally, and the plugins that go with it.
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, link, mkdir, realpath, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { ExpectedError } from "../../lib/expected-error.ts";
import { describeEnd, endOf, start } from "../../lib/process.ts";
import { ensureBuiltCli, isExecutable } from "./cli-build.ts";
import type { Progress } from "./cli-build.ts";
import { cliFolder, installStandIns, STAND_IN_STAMP } from "./plugins.ts";
import { CLI_VERSION } from "./pulumi-versions.ts";

export { pulumiEnvironment } from "./environment.ts";
export type { PulumiFolders } from "./environment.ts";

/** Which plugins a Pulumi home has: a state made with one kind must never be used with the other. */
export type PluginKind = "official" | "stand-in";

/** A CLI that is ready. */
export interface Toolchain {
  /** The executable, where the npm launcher looks for it. */
  readonly cli: string;
  readonly plugins: PluginKind;
}

/** What `ensurePulumi` works with; the last two are for tests. */
export interface EnsureOptions {
  /** PULUMI_HOME. It should be a folder of the development environment, not the user's own. */
  readonly home: string;
  readonly progress?: Progress;
  readonly env?: NodeJS.ProcessEnv;
  /** Whether Pulumi's releases can be reached. */
  readonly reachable?: () => Promise<boolean>;
}

/** How long a release server may take to answer before it counts as not reachable, in milliseconds. */
const PROBE_MS = 5_000;

/** How long the official installer may take, in milliseconds. */
const INSTALL_MS = 15 * 60_000;

/**
 * Makes the pinned CLI and its plugins ready in a Pulumi home. It tries four sources in this order:
 *
 * 1. the CLI that the launcher already has there,
 * 2. a `pulumi` of the pinned version on PATH,
 * 3. the official release through the npm launcher,
 * 4. `go build`, for networks that reach no release server.
 *
 * With the last source the plugins are those of dev/stand-ins/pulumi-plugins. They are bundled again when their sources
 * have changed.
 * @throws Error that says what to install when none of them works.
 */
export async function ensurePulumi(options: EnsureOptions): Promise<Toolchain> {
  const { home, progress = () => undefined, env = process.env } = options;
  const reachable = options.reachable ?? releasesAreReachable;
  const cli = join(cliFolder(home), "pulumi");
  await mkdir(cliFolder(home), { recursive: true });

  if (await isExecutable(cli)) {
    if (await hasOfficialHost(cli)) return { cli, plugins: "official" };
  } else {
    const onPath = await findOnPath(env);
    if (await reachable()) {
      if (onPath !== undefined && (await hasOfficialHost(onPath))) {
        await place(cli, (draft) => symlink(onPath, draft));
      } else {
        progress(`Pulumi CLI ${CLI_VERSION}: installing the official release`);
        await installRelease(home, env);
      }
      return { cli, plugins: "official" };
    }
    const source = onPath ?? (await ensureBuiltCli(progress, env));
    // Not a symbolic link: the engine looks for the language host beside the real file, which others may share.
    await place(cli, (draft) => link(source, draft).catch(() => copyFile(source, draft)));
  }
  if (await installStandIns(home)) progress("Stand-in plugins: built");
  return { cli, plugins: "stand-in" };
}

/** Whether the official language host, which only releases have, lies beside a CLI. */
async function hasOfficialHost(cli: string): Promise<boolean> {
  const folder = dirname(await realpath(cli));
  if (existsSync(join(folder, STAND_IN_STAMP))) return false;
  return isExecutable(join(folder, "pulumi-language-nodejs"));
}

/** The `pulumi` on PATH, when it is of the pinned version. The npm launcher is no CLI, and would ask for one. */
async function findOnPath(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, "pulumi");
    if (folder === "" || folder.includes("node_modules") || !(await isExecutable(file))) continue;
    if ((await versionOf(file, env)) === `v${CLI_VERSION}`) return realpath(file);
  }
  return undefined;
}

/** What a CLI says its version is; undefined when it cannot be asked. */
async function versionOf(file: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { exitCode, stdout } = await start(file, ["version"], {
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    timeout: PROBE_MS,
  });
  // Otherwise it is broken, for another platform, or no Pulumi at all.
  return exitCode === 0 ? stdout.trim() : undefined;
}

/**
 * Whether Pulumi's releases can be had: one small request with a deadline. The launcher itself has none, and waits
 * for as long as a network swallows its packets.
 */
async function releasesAreReachable(): Promise<boolean> {
  try {
    const answer = await fetch("https://get.pulumi.com/install.sh", {
      method: "HEAD",
      signal: AbortSignal.timeout(PROBE_MS),
    });
    return answer.ok;
  } catch {
    // No such host, no route, no answer in time: all mean the same here.
    return false;
  }
}

/** Lets the npm launcher fetch the official release, which brings the language host. */
async function installRelease(home: string, env: NodeJS.ProcessEnv): Promise<void> {
  const launcher = createRequire(import.meta.url).resolve("pulumi/run.js");
  const result = await start(process.execPath, [launcher, "version"], {
    env: { ...env, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
    timeout: INSTALL_MS,
  });
  if (result.exitCode === 0) return;
  throw new ExpectedError(
    `The official Pulumi release ${CLI_VERSION} could not be installed into ${home}: its launcher ${describeEnd(endOf(result))}. Run \`PULUMI_HOME=${home} npx pulumi version\` to see why.`,
    { cause: result.cause },
  );
}

/** Lets a file appear whole at its place, or not at all. */
async function place(file: string, make: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await make(draft);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
