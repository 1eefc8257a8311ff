/** `claude-fleet status`: the state of every user and container, and who needs a person. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { ExpectedError } from "../../lib/expected-error.ts";
import { parseDuration } from "../../lib/duration.ts";
import { statusSamples } from "../../plan/metrics/status-samples.ts";
import { textfile } from "../../plan/metrics/textfile.ts";
import { EXIT_PERSON, EXIT_UNKNOWN } from "../../plan/status/exit-codes.ts";
import { exitCode, fleetStatus, headline, needy } from "../../plan/status/fleet-status.ts";
import type { FleetStatus } from "../../plan/status/rows.ts";
import { readHostProgram } from "../../remote/program-file.ts";
import { writeOutput } from "../files.ts";
import { addHelpEnd, FAILED, INTERRUPTED, jsonOption, stackOption, type StackOptions } from "../help.ts";
import { hasColours } from "../colours.ts";
import { withInterrupt } from "../interrupt.ts";
import { exitCodeOf } from "../problems.ts";
import { openStack } from "../stack/open-stack.ts";
import { Progress } from "../progress.ts";
import { askFleet } from "./ask.ts";
import { statusPage } from "./page.ts";
import { statusText } from "./table.ts";
import { STATUS_METRICS } from "../../plan/metrics/metric-table.ts";

interface StatusOptions extends Pick<StackOptions, "stack"> {
  readonly json?: boolean;
  readonly html?: string;
  readonly textfile?: string;
  readonly watch?: boolean | string;
}

/** Clears the screen and goes to its beginning. */
const CLEAR = "\u001b[H\u001b[2J\u001b[3J";

/** Adds the command. */
export function addStatusCommand(program: Command): void {
  const command = program
    .command("status")
    .description(
      "show the state of every user and container, and who needs a person; asks the hosts, not Vault",
    )
    .addOption(jsonOption())
    .option("--html <file>", "write a self-contained page for a browser instead")
    .option("--textfile <file>", "also write metrics of the tokens, for node_exporter's textfile collector")
    .option("--watch [interval]", "repeat (default interval: 30s)")
    .addOption(stackOption())
    .action(
      exitCodeOf((options: StatusOptions) => withInterrupt("exit", (signal) => status(options, signal))),
    );
  addHelpEnd(
    command,
    [
      "claude-fleet status",
      "claude-fleet status --watch 1m",
      "claude-fleet status --html /srv/www/claude-fleet.html",
      `claude-fleet status --json | jq -r '.users[] | select(.state == "person") | .command'`,
      "claude-fleet status --textfile /var/lib/prometheus/node-exporter/claude_fleet_status.prom   # from cron",
    ],
    [
      [0, "all hosts answered; no user or container needs a person"],
      [FAILED, "the settings cannot be read"],
      [EXIT_PERSON, "a user or container needs a person"],
      [EXIT_UNKNOWN, "some hosts did not answer; all hosts that answered are healthy"],
      [INTERRUPTED, "stopped by Ctrl-C before the hosts had answered"],
    ],
  );
}

async function status(options: StatusOptions, signal: AbortSignal): Promise<number> {
  const seconds = watchSeconds(options.watch);
  for (;;) {
    const found = await askAll(options, signal);
    if (signal.aborted) return INTERRUPTED;
    await show(found, options, seconds !== undefined);
    if (seconds === undefined) return exitCode(found);
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return exitCode(found);
  }
}

/** Returns the interval of `--watch`; undefined when the status is shown once. */
function watchSeconds(watch: StatusOptions["watch"]): number | undefined {
  if (watch === undefined || watch === false) return undefined;
  const text = watch === true ? "30s" : watch;
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds > 0) return seconds;
  throw new ExpectedError(`--watch takes a duration such as 30s, not "${text}".`);
}

/** Asks the fleet. Reads the roster each time, so that `--watch` follows its changes. */
async function askAll(options: StatusOptions, signal: AbortSignal): Promise<FleetStatus> {
  const progress = new Progress(process.stderr);
  try {
    const { plan } = openStack(options);
    progress.say(`asking ${plan.workstations.length + plan.tokens.length} hosts of ${plan.fleet}`);
    return fleetStatus(plan, await askFleet(plan, await readHostProgram(), signal), Date.now());
  } finally {
    progress.end();
  }
}

async function show(found: FleetStatus, options: StatusOptions, again: boolean): Promise<void> {
  if (options.html !== undefined) {
    await writeOutput(options.html, statusPage(found));
  }
  if (options.textfile !== undefined) {
    const text = textfile(statusSamples(found), STATUS_METRICS);
    await writeOutput(options.textfile, text);
  }
  if (options.json) {
    const needs = needy(found).length;
    process.stdout.write(`${JSON.stringify({ summary: headline(found), needsPerson: needs, ...found })}\n`);
    return;
  }
  if (options.html !== undefined) {
    process.stdout.write(`${headline(found)}\n`);
    return;
  }
  const terminal = process.stdout.isTTY;
  process.stdout.write(`${again && terminal ? CLEAR : ""}${statusText(found, hasColours(process.stdout))}`);
}
