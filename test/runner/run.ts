/** `npm test`: quick tests while the test environments come up, then those that need one; ends with those that failed and one line that counts them all. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { bringUp, shareOut, testFiles, type TestEnvironment } from "./lanes.ts";
import { closing, sum } from "./outcome.ts";
import { vitest } from "./vitest.ts";

/** What `npm test` was asked for. */
export interface TestOptions {
  /** Matrices, seeds and soaks too. */
  readonly full: boolean;
  /** The environments among which the test files are shared. */
  readonly environments: readonly TestEnvironment[];
}

/**
 * Runs every stage even when an earlier one fails, so that one run says all.
 * @returns the exit code: 0 only when every test passed
 */
export async function runTests({ full, environments }: TestOptions): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "claude-fleet-test-"));
  try {
    const coming = bringUp(environments);
    const quick = await vitest(
      {
        projects: ["unit", "component"],
        files: [],
        variables: {},
        // Two that draw on one terminal would spoil each other's lines.
        shown: { after: Promise.all(coming) },
      },
      path.join(folder, "quick.json"),
    );
    // The long ones first: what is left for the end is short, and no environment waits long for another.
    const files = testFiles([...(full ? ["full"] : []), "e2e", "engine"]);
    const rest = await shareOut(coming, files, ({ project, file }, { name, variables }) => {
      process.stdout.write(`${file}: begun on ${name}\n`);
      const report = path.join(folder, `${file.replaceAll("/", "_")}.json`);
      return vitest({ projects: [project], files: [file], variables, shown: "at its end" }, report);
    });
    const total = sum([quick, rest]);
    for (const { down } of environments) await down();
    process.stdout.write(closing(total));
    return total.failures.length === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
