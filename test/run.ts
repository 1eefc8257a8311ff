/** `npm test`: quick tests while the test environment comes up, then those that need it; ends with one line that counts them all. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const root = fileURLToPath(new URL("..", import.meta.url));
const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
});

/** Counts of tests; a stage that could not run at all counts as one failure. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What `npm test` was asked for. */
export interface TestOptions {
  /** Matrices, seeds and soaks too. */
  readonly full: boolean;
  /** Brings the test environment up and names its servers for the engine tests; its own failure is a test failure. */
  readonly environmentUp: () => Promise<Readonly<Record<string, string>>>;
  /** Takes it down again. */
  readonly environmentDown: () => Promise<void>;
}

/**
 * Runs every stage even when an earlier one fails, so that one run says all.
 * @returns the exit code: 0 only when every test passed
 */
export async function runTests({ full, environmentUp, environmentDown }: TestOptions): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "claude-fleet-test-"));
  try {
    const coming = environmentUp().catch((error: unknown) => error as Error);
    // Two that draw on one terminal would spoil each other's lines.
    const stages = [await vitest(folder, "quick", ["unit", "component"], {}, coming)];
    const up = await coming;
    if (up instanceof Error) {
      process.stderr.write(`the test environment did not come up: ${up.message}\n`);
      stages.push({ passed: 0, failed: 1, skipped: 0 });
    } else {
      stages.push(await vitest(folder, "environment", ["engine", "e2e", ...(full ? ["full"] : [])], up));
    }
    await environmentDown();
    const total = stages.reduce((a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      skipped: a.skipped + b.skipped,
    }));
    process.stdout.write(
      `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}\n`,
    );
    return total.failed === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function vitest(
  folder: string,
  stage: string,
  projects: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  heldUntil?: Promise<unknown>,
): Promise<Counts> {
  const file = path.join(folder, `${stage}.json`);
  const options = [
    "run",
    "--passWithNoTests",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ];
  const code = await run(variables, options, heldUntil);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests } = report.parse(JSON.parse(text));
  // A file that cannot be loaded, or an unhandled rejection, fails the run without failing a test.
  const failed = numFailedTests === 0 && code !== 0 ? 1 : numFailedTests;
  return { passed: numPassedTests, failed, skipped: numPendingTests };
}

/** @param heldUntil what is written before this has ended is shown after it */
async function run(
  variables: Readonly<Record<string, string>>,
  argv: readonly string[],
  heldUntil?: Promise<unknown>,
): Promise<number> {
  const held = heldUntil !== undefined;
  const colours = held && process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const child = spawn(process.execPath, [path.join(root, "node_modules/vitest/vitest.mjs"), ...argv], {
    cwd: root,
    env: { ...process.env, ...variables, ...colours },
    stdio: ["ignore", held ? "pipe" : "inherit", held ? "pipe" : "inherit"],
  });
  const shown = Promise.all([
    child.stdout && showAfter(child.stdout, process.stdout, heldUntil),
    child.stderr && showAfter(child.stderr, process.stderr, heldUntil),
  ]);
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (ended) => resolve(ended ?? 1));
  });
  await shown;
  return code;
}

/** Bytes of output that are held back without slowing the one that writes them. */
const HELD_BYTES = 64 * 1024 * 1024;

async function showAfter(from: Readable, to: Writable, begin: Promise<unknown> | undefined): Promise<void> {
  const buffer = from.pipe(new PassThrough({ highWaterMark: HELD_BYTES }));
  await begin;
  buffer.pipe(to, { end: false });
  await finished(buffer);
}
