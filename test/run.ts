/** `npm test`: quick tests first, then those that need the test environment; ends with one line that counts them all. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
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
    const stages = [await vitest(folder, "quick", ["unit", "component"])];
    const up = await environmentUp().catch((error: unknown) => error as Error);
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
): Promise<Counts> {
  const file = path.join(folder, `${stage}.json`);
  const code = await run(variables, [
    "run",
    "--passWithNoTests",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ]);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests } = report.parse(JSON.parse(text));
  // A file that cannot be loaded, or an unhandled rejection, fails the run without failing a test.
  const failed = numFailedTests === 0 && code !== 0 ? 1 : numFailedTests;
  return { passed: numPassedTests, failed, skipped: numPendingTests };
}

function run(variables: Readonly<Record<string, string>>, argv: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [path.join(root, "node_modules/vitest/vitest.mjs"), ...argv], {
    cwd: root,
    env: { ...process.env, ...variables },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}
