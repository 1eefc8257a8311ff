/** Shows a rotation: a live list on a terminal, plain lines in a log, one JSON object per line for machines. */
import { Listr } from "listr2";
import { STEPS, type StepName } from "../../plan/rotation/step-table.ts";
import { printProblems } from "../problems.ts";
import { Progress } from "../progress.ts";
import type { Say } from "../../lib/say.ts";
import { plainText } from "../../lib/printable.ts";

/** Shows steps and their ends. */
export interface View {
  /** Shows a step while `work` runs, and how it ends. What `work` returns is shown beside the step. */
  step(name: StepName, work: (say: Say) => Promise<string>, interactive: boolean): Promise<string>;
  /** Shows a step that is not needed. */
  skipped(name: StepName, why: string): void;
  /** Shows a sentence beside the steps. */
  note(text: string): void;
  /** Shows the end of the rotation. `report` is Markdown. */
  end(end: {
    readonly exitCode: number;
    readonly problems: readonly string[];
    readonly report?: string | undefined;
  }): void;
}

/** Returns the view that the operator asks for, or that suits the output. */
export function chooseView(json: boolean, terminal: boolean): View {
  if (json) return jsonView;
  return terminal ? liveView : plainView;
}

/** Events: `{"event": "step", "step", "state": "begun"|"progress"|"done"|"failed"|"skipped", …}`, `note`, `end`. */
const jsonView: View = {
  async step(name, work) {
    const begun = performance.now();
    const took = () => Math.round(performance.now() - begun);
    emit({ event: "step", step: name, state: "begun" });
    try {
      const said = await work((message) => emit({ event: "step", step: name, state: "progress", message }));
      emit({ event: "step", step: name, state: "done", said, ms: took() });
      return said;
    } catch (error) {
      emit({ event: "step", step: name, state: "failed", ms: took() });
      throw error;
    }
  },
  skipped: (name, why) => emit({ event: "step", step: name, state: "skipped", why }),
  note: (text) => emit({ event: "note", text }),
  end: ({ exitCode, problems, report }) => emit({ event: "end", exitCode, problems, report: report ?? null }),
};

function emit(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

const plainView: View = {
  async step(name, work) {
    const begun = performance.now();
    const progress = new Progress(process.stderr);
    try {
      const said = await work((message) => progress.say(`${STEPS[name].title}: ${message}`));
      process.stdout.write(`${line("OK", name, said)} (${seconds(begun)})\n`);
      return said;
    } catch (error) {
      process.stdout.write(`${line("FAIL", name, "")} (${seconds(begun)})\n`);
      throw error;
    } finally {
      progress.end();
    }
  },
  skipped: (name, why) => process.stdout.write(`${line("INFO", name, `skipped, ${why}`)}\n`),
  note: (text) => process.stdout.write(`${text}\n`),
  end({ problems, report }) {
    if (report !== undefined) process.stdout.write(`\n${report}`);
    printProblems(problems);
  },
};

const liveView: View = {
  ...plainView,
  async step(name, work, interactive) {
    // The operator types during this step. A live list would overwrite that.
    if (interactive) return plainView.step(name, work, true);
    let said = "";
    const begun = performance.now();
    const task = async (_: unknown, shown: { output: string; title: string }) => {
      said = await work((message) => (shown.output = plainText(message, 160)));
      shown.title = `${STEPS[name].title}: ${said} (${seconds(begun)})`;
    };
    // `end` shows the problems.
    const rendererOptions = { showErrorMessage: false };
    await new Listr([{ title: STEPS[name].title, task }], { renderer: "default", rendererOptions }).run();
    return said;
  },
  skipped: (name, why) => process.stdout.write(`↓ ${STEPS[name].title}: skipped, ${why}\n`),
};

function line(word: string, name: StepName, said: string): string {
  return `${word} ${name}${said === "" ? "" : `: ${said}`}`;
}

function seconds(begun: number): string {
  return `${((performance.now() - begun) / 1000).toFixed(1)} s`;
}
