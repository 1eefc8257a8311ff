/** `claude-fleet status`: how every user and container of the fleet is, and who needs a person. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { ExpectedError } from "../../lib/expected-error.ts";
import { parseDuration } from "../../lib/duration.ts";
import { STATUS_METRICS, statusFigures } from "../../plan/metrics/status-figures.ts";
import { textfile } from "../../plan/metrics/textfile.ts";
import { exitCode, fleetStatus, headline, needy } from "../../plan/status/fleet.ts";
import type { FleetStatus } from "../../plan/status/model.ts";
import { readHostProgram } from "../../remote/program-file.ts";
import { reportProblems, writeOutput } from "../problems.ts";
import { chooseStack, projectFolder } from "../stack/project.ts";
import { readStackPlan } from "../stack/read-plan.ts";
import { askFleet } from "./ask.ts";
import { statusPage } from "./page.ts";
import { statusText } from "./table.ts";
import { Progress } from "../terminal.ts";

interface StatusOptions {
  readonly stack?: string;
  readonly json?: boolean;
  readonly html?: string;
  readonly textfile?: string;
  readonly watch?: boolean | string;
}

/** Clears the screen and goes to its beginning. */
const CLEAR = "\u001b[H\u001b[2J\u001b[3J";

/** Adds the command. */
export function addStatusCommand(program: Command): void {
  program
    .command("status")
    .description("say how every user and container is, and who needs a person; asks the hosts, not Vault")
    .option("--json", "one JSON object on standard output")
    .option("--html <file>", "a page for a browser instead, complete in itself")
    .option("--textfile <file>", "figures of the tokens beside it, for node_exporter's textfile collector")
    .option("--watch [interval]", "look again and again, by default every 30s")
    .option("--stack <name>", "the stack; by default the one that is selected, or the only one there is")
    .addHelpText(
      "after",
      `
Examples:
  claude-fleet status
  claude-fleet status --json | jq -r '.users[] | select(.state == "person") | .command'
  claude-fleet status --html /srv/www/claude-fleet.html
  claude-fleet status --textfile /var/lib/prometheus/node-exporter/claude_fleet_status.prom   # from cron
  claude-fleet status --watch 1m

Exits with 0 when nobody needs a person, 2 when somebody does, 3 when nobody does as far as is known because a
host did not answer, 1 when the settings cannot be read.
`,
    )
    .action(async (options: StatusOptions) => {
      process.exitCode = await status(options).catch(reportProblems);
    });
}

async function status(options: StatusOptions): Promise<number> {
  const seconds = watchSeconds(options.watch);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  for (;;) {
    const seen = await look(options, stop.signal);
    if (stop.signal.aborted) return 130;
    await show(seen, options, seconds !== undefined);
    if (seconds === undefined) return exitCode(seen);
    await sleep(seconds * 1000, undefined, { signal: stop.signal }).catch(() => undefined);
    if (stop.signal.aborted) return exitCode(seen);
  }
}

/** @returns undefined when one look is enough */
function watchSeconds(watch: StatusOptions["watch"]): number | undefined {
  if (watch === undefined || watch === false) return undefined;
  const text = watch === true ? "30s" : watch;
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds > 0) return seconds;
  throw new ExpectedError(`--watch takes a duration such as 30s, not "${text}".`);
}

/** The roster is read each time: whoever watches sees what changes. */
async function look(options: StatusOptions, signal: AbortSignal): Promise<FleetStatus> {
  const progress = new Progress(process.stderr);
  try {
    const root = projectFolder();
    const plan = readStackPlan(root, chooseStack(root, options.stack));
    progress.say(`asking ${plan.workstations.length + plan.tokens.length} hosts of ${plan.fleet}`);
    return fleetStatus(plan, await askFleet(plan, await readHostProgram(), signal), Date.now());
  } finally {
    progress.end();
  }
}

async function show(seen: FleetStatus, options: StatusOptions, again: boolean): Promise<void> {
  if (options.html !== undefined) {
    await writeOutput(options.html, statusPage(seen));
  }
  if (options.textfile !== undefined) {
    const text = textfile(statusFigures(seen), STATUS_METRICS);
    await writeOutput(options.textfile, text);
  }
  if (options.json) {
    const needs = needy(seen).length;
    process.stdout.write(`${JSON.stringify({ summary: headline(seen), needsPerson: needs, ...seen })}\n`);
    return;
  }
  if (options.html !== undefined) {
    process.stdout.write(`${headline(seen)}\n`);
    return;
  }
  const terminal = process.stdout.isTTY;
  const colour = terminal && !process.env["NO_COLOR"];
  process.stdout.write(`${again && terminal ? CLEAR : ""}${statusText(seen, colour)}`);
}
