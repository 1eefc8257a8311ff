/** The environment's stack: writes its settings, and runs `pulumi` on it. */
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { checkout, devFolder } from "./checkout.ts";
import { command, describeEnd, endOf, start } from "../lib/process.ts";
import { MISLEADING_VARIABLES } from "./misleading.ts";
import { inspectProcess } from "./processes.ts";
import { stackConfig, type StackParts } from "./stack-settings.ts";
import type { PluginKind, PulumiFolders } from "./toolchain/pulumi.ts";

export const STACK = checkout.environment;

const settingsFile = join(checkout.root, `Pulumi.${STACK}.yaml`);
const kindFile = join(checkout.folder, "pulumi/plugins");

/** Pulumi's folders in the environment. Official and stand-in plugins must never share a state. */
export function pulumiFolders(plugins: PluginKind): PulumiFolders {
  const folder = join(checkout.folder, "pulumi");
  return {
    home: join(folder, "home"),
    stateDir: join(folder, `state-${plugins}`),
    passphraseFile: join(folder, "passphrase"),
  };
}

/** The kind of plugins that the last `up` found; undefined before the first. */
export function recordedPlugins(): PluginKind | undefined {
  if (!existsSync(kindFile)) return undefined;
  return readFileSync(kindFile, "utf8") === "official" ? "official" : "stand-in";
}

/** Writes Pulumi.dev.yaml, which is not committed, and what Pulumi needs beside it. */
export async function writeStack(parts: StackParts): Promise<void> {
  devFolder("pulumi");
  const { stateDir, passphraseFile } = pulumiFolders(parts.plugins);
  devFolder("pulumi", stateDir.slice(stateDir.lastIndexOf("/") + 1));
  if (!existsSync(passphraseFile)) {
    await writeFileAtomic(passphraseFile, randomBytes(24).toString("hex"), { mode: 0o600 });
  }
  await writeFileAtomic(kindFile, parts.plugins, { mode: 0o600 });
  const previous: unknown = existsSync(settingsFile) ? parse(readFileSync(settingsFile, "utf8")) : {};
  // Pulumi keeps the key's salt in the same file.
  const salt =
    typeof previous === "object" && previous !== null && "encryptionsalt" in previous ? previous : {};
  const { encryptionsalt } = salt as { encryptionsalt?: unknown };
  const settings = {
    ...(encryptionsalt === undefined ? {} : { encryptionsalt }),
    config: stackConfig(parts),
  };
  const heading =
    "# Written by `npm run up`, which overwrites it. Who uses the fleet stands in dev/roster.yaml.\n";
  await writeFileAtomic(settingsFile, heading + stringify(settings), { mode: 0o644 });
}

/** `pulumi up`. Its output goes to the terminal. @throws {ExpectedError} when it fails */
export async function applyStack(environment: Readonly<Record<string, string>>): Promise<void> {
  const env = toolEnvironment(environment);
  await command("npx", ["pulumi", "stack", "select", "--create", STACK], { cwd: checkout.root, env });
  if (leftLocked()) {
    console.log(
      "An earlier pulumi was killed: its lock is released, and what it left half done is looked at again.",
    );
    await pulumi(["cancel", "--yes", "--stack", STACK], env);
    await pulumi(["refresh", "--yes", "--clear-pending-creates", "--stack", STACK], env);
  }
  await pulumi(["up", "--yes", "--skip-preview", "--continue-on-error", "--stack", STACK], env);
}

/** `pulumi destroy`, as far as there is something to destroy. @throws {ExpectedError} when it fails */
export async function destroyStack(environment: Readonly<Record<string, string>>): Promise<void> {
  const env = toolEnvironment(environment);
  if (leftLocked()) await pulumi(["cancel", "--yes", "--stack", STACK], env);
  await pulumi(["destroy", "--yes", "--continue-on-error", "--stack", STACK], env);
}

/** This process's variables, with the environment's own, and without those that lead elsewhere. */
function toolEnvironment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...variables };
  for (const name of MISLEADING_VARIABLES) delete env[name];
  return env;
}

/** One of the stack's outputs. */
export async function stackOutput(
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<unknown> {
  const args = ["pulumi", "stack", "output", name, "--json", "--stack", STACK];
  const env = toolEnvironment(environment);
  return JSON.parse(await command("npx", args, { cwd: checkout.root, env }));
}

/** Takes the generated settings away. */
export function removeStackSettings(): void {
  rmSync(settingsFile, { force: true });
}

async function pulumi(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const stdio = ["ignore", "inherit", "inherit"] as const;
  const end = endOf(await start("npx", ["pulumi", ...args], { cwd: checkout.root, env, stdio }));
  if (end.code === 0) return;
  throw new ExpectedError(`pulumi ${args[0]} ${describeEnd(end)}. Its output above says why.`);
}

/** Whether the state is locked by a process that does not live any more. */
function leftLocked(): boolean {
  const plugins = recordedPlugins();
  if (plugins === undefined) return false;
  const locks = join(pulumiFolders(plugins).stateDir, ".pulumi/locks");
  if (!existsSync(locks)) return false;
  const files = readdirSync(locks, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".json"),
  );
  return files.some((name) => {
    const { pid } = JSON.parse(readFileSync(join(locks, name), "utf8")) as { pid: number };
    return inspectProcess(pid) === undefined;
  });
}
