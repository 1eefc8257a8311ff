/** Shows what is being done: a live list on a terminal, plain lines elsewhere. */
import { Listr } from "listr2";
import { ExpectedError } from "../lib/expected-error.ts";
import type { Say } from "../lib/say.ts";

/** One thing to do. Steps run as soon as those that they need have ended. */
export interface Step {
  readonly name: string;
  /** Shown while it runs and when it is done. */
  readonly title: string;
  /** Names of the steps that must have ended before. */
  readonly after: readonly string[];
  /** Its answer, when there is one, is a short text shown at the end, such as "already there". */
  readonly run: (say: Say) => Promise<string | void>;
}

/** Seconds that a step took, waiting for others not counted, by its name. */
export type Timings = ReadonlyMap<string, number>;

/** Without a terminal a step says again what it does after this time. */
const REPEAT_MS = 5_000;

/**
 * Runs all steps, in parallel where their order allows it. After a failure nothing new is begun.
 * @throws the first failure
 */
export async function runSteps(steps: readonly Step[], terminal = process.stdout.isTTY): Promise<Timings> {
  const timings = new Map<string, number>();
  const ends = new Map<string, Promise<void>>();
  let failed = false;
  const list = new Listr(
    inOrder(steps).map((step) => ({
      title: step.title,
      task: (_context: unknown, task: { output: string; title: string }): Promise<void> => {
        const work = async () => {
          if (step.after.length > 0) task.output = `waits for: ${step.after.join(", ")}`;
          for (const name of step.after) await ends.get(name);
          if (failed) throw new ExpectedError(`${step.title}: not begun.`);
          const started = performance.now();
          const say = terminal ? (text: string) => (task.output = oneLine(text)) : plainSay(step.title);
          try {
            const result = await step.run(say);
            const seconds = (performance.now() - started) / 1000;
            timings.set(step.name, seconds);
            const ending = `${step.title}: ${result ?? "done"} (${seconds.toFixed(1)} s)`;
            if (terminal) task.title = ending;
            else console.log(ending);
          } catch (error) {
            failed = true;
            throw error;
          } finally {
            if (!terminal) plainEnd(say);
          }
        };
        const end = work();
        ends.set(step.name, end);
        return end;
      },
    })),
    { concurrent: true, exitOnError: true, renderer: terminal ? "default" : "silent" },
  );
  await list.run();
  return timings;
}

/** Steps sorted so that each stands after those that it needs. @throws {Error} for an unknown name or a circle */
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

const repeats = new Map<Say, NodeJS.Timeout>();

/** A line when something new is said, at most one every few seconds, and a reminder while nothing is said. */
function plainSay(title: string): Say {
  let latest = "";
  let printed = "";
  const say: Say = (text) => {
    latest = oneLine(text);
  };
  const started = performance.now();
  const timer = setInterval(() => {
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    if (latest !== printed || Number(seconds) % 30 < REPEAT_MS / 1000) {
      console.log(`${title}: ${latest || "at work"} (${seconds} s)`);
      printed = latest;
    }
  }, REPEAT_MS);
  timer.unref();
  repeats.set(say, timer);
  // Steps that end within two seconds say nothing but their end.
  setTimeout(() => {
    if (repeats.has(say) && latest) console.log(`${title}: ${(printed = latest)}`);
  }, 2_000).unref();
  return say;
}

function plainEnd(say: Say): void {
  clearInterval(repeats.get(say));
  repeats.delete(say);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 160);
}
