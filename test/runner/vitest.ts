/** Runs vitest as a process, shows its output in one piece, and tells what came of its tests. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "../../lib/process.ts";
import { outcomeOf, type Outcome } from "./outcome.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What one process of vitest is to do. */
export interface VitestRun {
  /** Names of vitest's projects. */
  readonly projects: readonly string[];
  /** Test files, from the project's root; empty: all of the projects. */
  readonly files: readonly string[];
  /** Added to this process's environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Its output is not shown before this has settled. */
  readonly terminalFree?: Promise<unknown>;
}

/**
 * Runs it to its end and shows its output.
 * @param reportFile absolute path for vitest's own report, which must not exist yet
 */
export async function vitest(run: VitestRun, reportFile: string): Promise<Outcome> {
  const argv = [
    "run",
    "--passWithNoTests",
    ...run.projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportFile}`,
    ...run.files,
  ];
  const code = await exitCodeOf(argv, run);
  const text = await readFile(reportFile, "utf8").catch(() => undefined);
  const what = run.files.length > 0 ? run.files.join(", ") : `the projects ${run.projects.join(" and ")}`;
  return outcomeOf(text, { what, code, root });
}

async function exitCodeOf(argv: readonly string[], run: VitestRun): Promise<number> {
  const colours = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const child = start(process.execPath, [path.join(root, "node_modules/vitest/vitest.mjs"), ...argv], {
    cwd: root,
    env: { ...process.env, ...run.variables, ...colours },
    stdin: "ignore",
    maxBuffer: Infinity,
    cleanup: true,
  });
  const { exitCode = 1, stdout, stderr } = await child;
  await run.terminalFree;
  // One write each, so that two runs that end together do not mix their lines.
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return exitCode;
}
