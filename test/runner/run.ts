/** `npm test`: shares the test files among the environments, and runs the quick tests beside them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { bringUp, shareOut, testFiles, type TestEnvironment } from "./lanes.ts";
import { closing, NOTHING, sum } from "./outcome.ts";
import { filesOf, type Part } from "./parts.ts";
import { vitest } from "./vitest.ts";

/** What `npm test` was asked for. */
export interface TestOptions {
  /** Matrices, seeds and soaks too. */
  readonly full: boolean;
  /** Which part of it. The first one has the quick tests. */
  readonly part: Part;
  /** The environments among which the test files are shared. */
  readonly environments: readonly TestEnvironment[];
}

/**
 * Runs every file, even after another file has failed: a single run reports all failures. The end repeats them, with one
 * line that counts all tests.
 * @returns the exit code: 0 only when every test passed
 */
export async function runTests({ full, part, environments }: TestOptions): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "claude-fleet-test-"));
  try {
    const coming = bringUp(environments);
    const files = filesOf(part, testFiles([...(full ? ["full"] : []), "e2e", "engine"]));
    // The quick tests need no environment. The first files of the others begin while they still run.
    const total = sum(
      await Promise.all([
        part.number === 1 ? quickTests(path.join(folder, "quick.json"), coming[0]) : NOTHING,
        shareOut(coming, files, ({ project, file }, { name, variables }) => {
          process.stdout.write(`${file}: begun on ${name}\n`);
          const report = path.join(folder, `${file.replaceAll("/", "_")}.json`);
          return vitest({ projects: [project], files: [file], variables }, report);
        }),
      ]),
    );
    await Promise.all(environments.map(({ down }) => down()));
    process.stdout.write(closing(total));
    return total.failures.length === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param firstUp until then, the terminal belongs to the environment that comes up */
function quickTests(report: string, firstUp: Promise<unknown> = Promise.resolve()) {
  const projects = ["unit", "component"];
  return vitest({ projects, files: [], variables: {}, terminalFree: firstUp }, report);
}
