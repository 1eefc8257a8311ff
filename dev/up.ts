/** `npm run up`: brings every part of the environment up, in parallel where it can, and applies the stack. */
import { join } from "node:path";
import { writeFileAtomic } from "../lib/atomic-file.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import { takeLock } from "../lib/file-lock.ts";
import { checkout, devFolder } from "./checkout.ts";
import { devEnvironment } from "./environment.ts";
import { aloneOnMachine } from "./machine-lock.ts";
import { neededPrograms } from "./needed-programs.ts";
import { platformName } from "./platform.ts";
import { runSteps, type Timings } from "./progress.ts";
import { applyStack } from "./stack.ts";
import { describeEnvironment } from "./summary.ts";
import { ensurePrograms } from "./system-packages.ts";
import { upSteps } from "./up-steps.ts";

/**
 * Brings everything up. Safe to run again at any time: it keeps what runs and starts what has stopped.
 * @param options.stack `false`: without Pulumi
 * @throws {ExpectedError} naming what failed and what to do
 */
export async function up(options: { readonly stack: boolean }): Promise<void> {
  platformName();
  const lock = await lockEnvironment();
  try {
    const programs = {
      name: "programs",
      title: "System packages",
      after: [],
      run: async (say: (text: string) => void) =>
        aloneOnMachine(async () => ensurePrograms(await neededPrograms(), say)),
    };
    await runSteps([programs]);
    const timings = new Map(await runSteps(upSteps(options.stack)));
    if (options.stack) {
      const { variables } = await devEnvironment();
      const started = performance.now();
      await applyStack(variables);
      timings.set("stack", (performance.now() - started) / 1000);
      console.log(await describeEnvironment(variables));
    }
    await recordTimings(timings);
  } finally {
    await lock.release();
  }
}

/** Takes the environment's lock: two runs that change it at once would undo each other's work. */
export async function lockEnvironment() {
  const lock = await takeLock(join(devFolder(), "lock"), 0);
  if (lock) return lock;
  throw new ExpectedError(
    `Another "npm run up", "down" or "test" is at work in ${checkout.root}; wait for its end.`,
  );
}

/** Writes how many seconds each step took, for the benchmark. */
async function recordTimings(timings: Timings): Promise<void> {
  const text = JSON.stringify(Object.fromEntries(timings), undefined, 2);
  await writeFileAtomic(join(devFolder(), "timings.json"), `${text}\n`, { mode: 0o600 });
}
