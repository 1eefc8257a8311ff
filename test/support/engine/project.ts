// A small Pulumi project in a temporary folder, run by the real engine through the npm launcher.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endOf, start as startProgram } from "../../../lib/process.ts";
import { ensurePulumi, pulumiEnvironment } from "../../../dev/toolchain/pulumi.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const LAUNCHER = join(ROOT, "node_modules", "pulumi", "run.js");

/** The Pulumi home of the engine tests: kept between runs, so that the plugins are built once; no part of the dev environment. */
const HOME = join(ROOT, "node_modules", ".cache", "claude-fleet-engine-tests", "pulumi-home");

/** How a run of `pulumi` ended. */
export interface Run {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  /** Its stdout and stderr, in this order. */
  readonly output: string;
}

/** One resource of the exported state. */
export interface StoredResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly initErrors?: readonly string[];
}

/** A project with one stack, `test`. */
export interface Project {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Replaces the program, TypeScript ESM; it may import what the project's packages have. */
  write(program: string): Promise<void>;
  /** Runs `pulumi ARGS --non-interactive` to its end. */
  pulumi(...args: string[]): Promise<Run>;
  /** Starts it, for tests that interrupt it or give it another environment. */
  start(args: readonly string[], extra?: Readonly<Record<string, string>>): RunningPulumi;
  up(...args: string[]): Promise<Run>;
  preview(...args: string[]): Promise<Run>;
  /** The stack's outputs; secrets in clear. */
  outputs(): Promise<Readonly<Record<string, unknown>>>;
  /** The resources in the state; secrets as the state has them. */
  resources(): Promise<readonly StoredResource[]>;
  /** Destroys nothing: removes the folder with its state. */
  remove(): Promise<void>;
}

/** What a project starts with. */
export interface ProjectOptions {
  readonly program: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Lines of Pulumi.yaml below its `options:`. */
  readonly options?: Readonly<Record<string, string>>;
}

/** Creates a project. Its stack allows the stand-in plugins unless `config` says otherwise. */
export async function createProject(given: ProjectOptions): Promise<Project> {
  await ensurePulumi({ home: HOME });
  const folder = await mkdtemp(join(tmpdir(), "claude-fleet-engine-"));
  const stateDir = join(folder, "state");
  const passphraseFile = join(folder, "passphrase");
  await mkdir(stateDir);
  await writeFile(passphraseFile, "a passphrase of the tests", { mode: 0o600 });
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", main: "index.ts" }));
  await writeFile(join(folder, "Pulumi.yaml"), projectFile(given.options ?? {}));
  const env: Record<string, string> = {
    ...(process.env as Record<string, string>),
    ...pulumiEnvironment({ home: HOME, stateDir, passphraseFile }),
    ...given.env,
  };

  const start: Project["start"] = (args, extra = {}) => launch(args, folder, { ...env, ...extra });
  const pulumi = (...args: string[]) => finish(start(args));
  const json = async (...args: string[]): Promise<unknown> => {
    const { stdout } = await expectSuccess(pulumi(...args));
    return JSON.parse(stdout);
  };

  const project: Project = {
    folder,
    env,
    write: (program) => writeFile(join(folder, "index.ts"), program),
    pulumi,
    start,
    up: (...args) => pulumi("up", "--yes", "--skip-preview", "--color", "never", ...args),
    preview: (...args) => pulumi("preview", "--color", "never", ...args),
    outputs: async () =>
      (await json("stack", "output", "--json", "--show-secrets")) as Record<string, unknown>,
    resources: async () => {
      const state = (await json("stack", "export")) as { deployment: { resources?: StoredResource[] } };
      return state.deployment.resources ?? [];
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };

  await project.write(given.program);
  await expectSuccess(project.pulumi("stack", "init", "test"));
  const config = { "claude-fleet-dev:plugins": "stand-in", ...given.config };
  for (const [key, value] of Object.entries(config)) {
    if (value !== "") await expectSuccess(project.pulumi("config", "set", key, value));
  }
  return project;
}

/** A started `pulumi`. */
type RunningPulumi = ReturnType<typeof launch>;

function launch(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
  const options = { cwd, env, stdin: "ignore" } as const;
  return startProgram(process.execPath, [LAUNCHER, ...args, "--non-interactive"], options);
}

/** Waits for a started `pulumi` to end. */
export async function finish(child: RunningPulumi): Promise<Run> {
  const { code, signal, stdout, stderr } = endOf(await child);
  return { code, signal, stdout, output: stdout + stderr };
}

/** Fails with the whole output when a run did not exit with 0. */
export async function expectSuccess(running: Promise<Run>): Promise<Run> {
  const run = await running;
  if (run.code === 0) return run;
  throw new Error(`pulumi ended with ${run.signal ?? String(run.code)}:\n${run.output}`);
}

/** A file that a program or a command has written, or undefined. */
export async function readMaybe(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function projectFile(options: Readonly<Record<string, string>>): string {
  const lines = Object.entries(options).map(([key, value]) => `  ${key}: ${value}\n`);
  return [
    "name: engine-test",
    "runtime:",
    "  name: nodejs",
    "  options:",
    "    typescript: false",
    // As the project's own Pulumi.yaml.
    `    nodeargs: "--require '${join(ROOT, "program", "plain-errors.cjs")}' --import tsx"`,
    ...(lines.length > 0 ? [`options:\n${lines.join("")}`] : []),
    "",
  ].join("\n");
}
