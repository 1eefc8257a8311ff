/** Runs the steps of an environment and shows them: a live list on a terminal, plain lines elsewhere. */
import { Listr } from "listr2";
import { Progress } from "../cli/progress.ts";
import { ExpectedError } from "../lib/expected-error.ts";
import type { Say } from "../lib/say.ts";
import { plainText } from "../lib/printable.ts";

/** One thing to do. Steps run as soon as those that they need have ended. */
export interface Step {
  readonly name: string;
  /** Shown while it runs and when it is done. */
  readonly title: string;
  /** Names of the steps that must have ended before. */
  readonly after: readonly string[];
  /** Returns a short text that is shown at its end, such as "already there". */
  readonly run: (say: Say) => Promise<string | void>;
}

/** Seconds that a step took, waiting for others not counted, by its name. */
export type Timings = ReadonlyMap<string, number>;

/** Where a step is shown. */
interface Display {
  readonly say: Say;
  /** @param line the step's last line; undefined: it failed, which is told elsewhere */
  readonly end: (line: string | undefined) => void;
}

/** Least milliseconds between two lines about one step, without a terminal. */
const PACE_MS = 5000;

/**
 * Runs all steps, in parallel where their order allows it. Begins none after a failure.
 * @throws the first failure
 */
export async function runSteps(steps: readonly Step[], terminal = process.stdout.isTTY): Promise<Timings> {
  const timings = new Map<string, number>();
  const ends = new Map<string, Promise<void>>();
  let failed = false;
  const run = async (step: Step, display: () => Display): Promise<void> => {
    for (const name of step.after) await ends.get(name);
    if (failed) throw new ExpectedError(`${step.title}: not begun.`);
    const started = performance.now();
    const { say, end } = display();
    try {
      const result = await step.run(say);
      const seconds = (performance.now() - started) / 1000;
      timings.set(step.name, seconds);
      end(`${step.title}: ${result ?? "done"} (${seconds.toFixed(1)} s)`);
    } catch (error) {
      failed = true;
      end(undefined);
      throw error;
    }
  };
  const list = new Listr(
    inOrder(steps).map((step) => ({
      title: step.title,
      task: (_context: unknown, task: LiveTask): Promise<void> => {
        if (step.after.length > 0) task.output = `waits for: ${step.after.join(", ")}`;
        const end = run(step, () => (terminal ? liveDisplay(task) : plainDisplay(step.title)));
        ends.set(step.name, end);
        return end;
      },
    })),
    { concurrent: true, exitOnError: true, renderer: terminal ? "default" : "silent" },
  );
  await list.run();
  return timings;
}

/** The part of a listr2 task that shows text. */
interface LiveTask {
  output: string;
  title: string;
}

function liveDisplay(task: LiveTask): Display {
  return {
    say: (text) => (task.output = plainText(text, 160)),
    end: (line) => (task.title = line ?? task.title),
  };
}

/** listr2 has a renderer for logs, too, but it prints each of a build's thousands of messages. */
function plainDisplay(title: string): Display {
  const progress = new Progress({ write: (text) => process.stdout.write(text) }, undefined, PACE_MS);
  return {
    say: (text) => progress.say(`${title}: ${text}`),
    end: (line) => {
      progress.end();
      if (line !== undefined) console.log(line);
    },
  };
}

/**
 * Sorts steps so that each step comes after the steps that it needs.
 * @throws {Error} for an unknown name or a circle
 */
export function inOrder(steps: readonly Step[]): readonly Step[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const sorted: Step[] = [];
  const visit = (step: Step, path: readonly string[]) => {
    if (sorted.includes(step)) return;
    if (path.includes(step.name))
      throw new Error(`The steps ${[...path, step.name].join(" > ")} wait for each other.`);
    for (const name of step.after) {
      const needed = byName.get(name);
      if (!needed) throw new Error(`The step ${step.name} waits for ${name}, which does not exist.`);
      visit(needed, [...path, step.name]);
    }
    sorted.push(step);
  };
  for (const step of steps) visit(step, []);
  return sorted;
}
