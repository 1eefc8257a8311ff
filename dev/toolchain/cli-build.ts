// Builds the Pulumi CLI from its Go module, once for all projects of a user, for networks that reach no release.
import { access, constants, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ExpectedError } from "../../lib/expected-error.ts";
import { cached, cacheFolder, contentKey } from "../../lib/cache.ts";
import { describeEnd, endOf, start } from "../../lib/process.ts";
import type { Say } from "../../lib/say.ts";
import { CLI_VERSION } from "./pulumi-versions.ts";

const MODULE_FOLDER = fileURLToPath(new URL("./pulumi-cli/", import.meta.url));
const TOOL = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";

/** The flags of the build, which are part of the cache key. */
const FLAGS: readonly string[] = [
  "-mod=readonly",
  "-buildvcs=false",
  "-trimpath",
  "-ldflags",
  `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${CLI_VERSION}`,
];

/** Told what happens in a slow step; each message replaces the one before. */
export type Progress = Say;

/** The name below the cache's `pulumi-cli` folder: changes with go.mod, go.sum, the flags and the platform. */
export async function buildKey(): Promise<string> {
  const sources = await Promise.all(
    ["go.mod", "go.sum"].map((file) => readFile(join(MODULE_FOLDER, file), "utf8")),
  );
  return `${CLI_VERSION}-${contentKey(sources, FLAGS, process.platform, process.arch)}`;
}

/**
 * Gives the path of the CLI built from source, building it when that has not been done yet: about five minutes
 * on two cores. What an interrupted build has compiled is kept by Go, so the next one goes on from there.
 * @throws ExpectedError when Go is missing, too old, or cannot build it; the message says what to install.
 */
export async function ensureBuiltCli(
  progress: Progress,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const folder = await cached(
    "pulumi-cli",
    await buildKey(),
    progress,
    (draft) => build(join(draft, "pulumi"), progress, env),
    cacheFolder(env),
  );
  return join(folder, "pulumi");
}

/** Whether a file can be executed. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    // Missing, or not for us: to the caller the same.
    return false;
  }
}

async function build(target: string, progress: Progress, env: NodeJS.ProcessEnv): Promise<void> {
  await requireGo(env);
  const started = Date.now();
  const tell = (what: string) => {
    const seconds = Math.round((Date.now() - started) / 1000);
    progress(
      `Pulumi CLI ${CLI_VERSION}: no release can be reached, building it from source (once, about 5 min on 2 cores): ${what}, ${String(seconds)} s`,
    );
  };

  let modules = 0;
  tell("finding out what it needs");
  const packages = await go(["list", "-mod=readonly", "-deps", TOOL], env, (line) => {
    if (line.startsWith("go: downloading ")) tell(`${String(++modules)} modules downloaded`);
  });
  const total = packages.length;

  let compiled = 0;
  // Go prints each package when it has compiled it; what an earlier build has compiled is not printed.
  await go(["build", "-v", ...FLAGS, "-o", target, TOOL], env, () => {
    tell(`${String(++compiled)} of at most ${String(total)} packages compiled`);
  });
}

/**
 * @throws ExpectedError naming what to install when the Go on PATH cannot build the CLI. A newer toolchain that Go would
 * fetch by itself (GOTOOLCHAIN=auto, from Go 1.21) counts.
 */
async function requireGo(env: NodeJS.ProcessEnv): Promise<void> {
  const wanted = /^go (\S+)$/m.exec(await readFile(join(MODULE_FOLDER, "go.mod"), "utf8"))?.[1] ?? "1.25";
  const remedy = `install Go ${wanted} or newer (https://go.dev/dl/) and put it on PATH, or make https://get.pulumi.com reachable`;
  let found: string | undefined;
  let toolchain: string | undefined;
  try {
    [found, toolchain] = await go(["env", "GOVERSION", "GOTOOLCHAIN"], env, () => undefined);
  } catch (cause) {
    throw new ExpectedError(`The Pulumi CLI must be built, and Go was not found on PATH: ${remedy}.`, {
      cause,
    });
  }
  const version = (found ?? "").replace(/^go/, "");
  if (isAtLeast(version, wanted) || (isAtLeast(version, "1.21") && toolchain !== "local")) return;
  throw new ExpectedError(`The Pulumi CLI must be built, and Go ${version} on PATH is too old: ${remedy}.`);
}

/** Whether one dotted version is another one or newer. */
export function isAtLeast(version: string, wanted: string): boolean {
  const parts = (text: string) => text.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const [have, want] = [parts(version), parts(wanted)];
  for (let i = 0; i < Math.max(have.length, want.length); i++) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * Runs Go in the module's folder.
 * @returns the lines of its standard output; those of its standard error go to `onLine`
 * @throws {ExpectedError} when it fails, with the last lines of its standard error
 */
async function go(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Promise<string[]> {
  const child = start("go", args, {
    cwd: MODULE_FOLDER,
    env: { ...env, CGO_ENABLED: "0", GOFLAGS: "" },
    stdin: "ignore",
  });
  for await (const line of child.iterable({ from: "stderr" })) onLine(line);
  const result = await child;
  if (result.exitCode === 0) return result.stdout.split("\n").filter((line) => line !== "");
  const lastLines = result.stderr.trimEnd().split("\n").slice(-20).join("\n");
  throw new ExpectedError(`go ${args[0] ?? ""} ${describeEnd(endOf(result))}:\n${lastLines}`);
}
