/** Shares test files out among several environments: each takes its next file as soon as it has ended its last. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { NOTHING, sum, type Outcome } from "./outcome.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Parts of a whole that tests may break, shared with no other environment. */
export interface TestEnvironment {
  readonly name: string;
  /** Brings it up. Returns the variables by which a test's process knows it; what it throws is a test failure. */
  readonly up: () => Promise<Readonly<Record<string, string>>>;
  readonly down: () => Promise<void>;
}

/** One file of tests, and the vitest project that it belongs to. */
export interface TestFile {
  readonly project: string;
  /** From the project's root. */
  readonly file: string;
}

/** The test files of some vitest projects, in the order in which they are taken. */
export function testFiles(projects: readonly string[]): readonly TestFile[] {
  return projects.flatMap((project) =>
    readdirSync(path.join(root, "test", project), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .sort()
      .map((file) => ({ project, file: path.join("test", project, file) })),
  );
}

/** Starts all environments at once. What they download or build for the common cache, the first one makes. */
export function bringUp(environments: readonly TestEnvironment[]): readonly Promise<Lane | Error>[] {
  return environments.map(async ({ name, up }) => {
    try {
      return { name, variables: await up() };
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  });
}

/** An environment that is up. */
export interface Lane {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Runs every file once, on whichever environment is free. One that does not come up is a failure, and leaves its share
 * to the others; with none up, no file runs.
 * @param coming each begins with the queue when it is up
 * @param run runs one file on one environment
 */
export async function shareOut(
  coming: readonly Promise<Lane | Error>[],
  files: readonly TestFile[],
  run: (file: TestFile, lane: Lane) => Promise<Outcome>,
): Promise<Outcome> {
  const queue = [...files];
  const work = async (lane: Lane | Error): Promise<Outcome> => {
    if (lane instanceof Error) {
      process.stderr.write(`a test environment did not come up: ${lane.message}\n`);
      return { ...NOTHING, failures: [{ where: "a test environment did not come up", why: lane.message }] };
    }
    const outcomes: Outcome[] = [];
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      outcomes.push(await run(next, lane));
    return sum(outcomes);
  };
  return sum(await Promise.all(coming.map(async (lane) => work(await lane))));
}
