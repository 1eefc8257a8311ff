/** Runs vitest as a process, holds its output until it may be shown, and says what came of its tests. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { finished } from "node:stream/promises";
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
  /** When its output is shown: all of it when this run has ended, or as it comes once something else has ended. */
  readonly shown: "at its end" | { readonly after: Promise<unknown> };
}

/**
 * Runs it to its end, and until its output has been shown.
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

async function exitCodeOf(argv: readonly string[], { variables, shown }: VitestRun): Promise<number> {
  const colours = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const child = start(process.execPath, [path.join(root, "node_modules/vitest/vitest.mjs"), ...argv], {
    cwd: root,
    env: { ...process.env, ...variables, ...colours },
    stdin: "ignore",
    buffer: false,
    cleanup: true,
  });
  const show =
    shown === "at its end"
      ? // One write each, so that two runs that end together do not mix their lines.
        async (from: Readable, to: Writable) => void to.write(await buffer(from))
      : (from: Readable, to: Writable) => showAfter(from, to, shown.after);
  await Promise.all([show(child.stdout, process.stdout), show(child.stderr, process.stderr)]);
  return (await child).exitCode ?? 1;
}

/** Bytes of output that are held back without slowing the one that writes them. */
const HELD_BYTES = 64 * 1024 * 1024;

async function showAfter(from: Readable, to: Writable, begin: Promise<unknown>): Promise<void> {
  const held = from.pipe(new PassThrough({ highWaterMark: HELD_BYTES }));
  await begin;
  held.pipe(to, { end: false });
  await finished(held);
}
