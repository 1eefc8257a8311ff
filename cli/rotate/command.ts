/** `claude-fleet rotate [TOKEN]`: replaces a token, from diagnosis to report. A run that was stopped is continued by the next. */
import path from "node:path";
import { Option, type Command } from "commander";
import { EXIT_LOCKED, STEP_NAMES, STEPS, type StepName } from "../../plan/rotation/step-table.ts";
import {
  addHelpEnd,
  configFileOption,
  FAILED,
  INTERRUPTED,
  jsonOption,
  stackOption,
  type ExitMeaning,
  type StackOptions,
} from "../help.ts";
import { withInterrupt } from "../interrupt.ts";
import { exitCodeOf } from "../problems.ts";
import { findToken } from "../stack/find-token.ts";
import { rotateBack } from "./back.ts";
import { rehearse, rotate } from "./rotate.ts";
import type { RotateOptions, Source } from "./rotation.ts";
import { chooseView } from "./view.ts";

interface CommandOptions extends StackOptions {
  readonly source: Source;
  readonly reason?: string;
  readonly from?: StepName;
  readonly back?: boolean;
  readonly dryRun?: boolean;
  readonly takeOver?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly claude?: string;
}

/** Adds the command. */
export function addRotateCommand(program: Command): void {
  const command = program
    .command("rotate")
    .argument("[token]", "which token of the settings, where there are several")
    .description(`replace a token everywhere, in ${STEP_NAMES.length} steps: ${STEP_NAMES.join(", ")}`)
    .addOption(
      new Option("--source <source>", "where the new token comes from")
        .choices(["setup-token", "login", "stdin"])
        .default("setup-token"),
    )
    .option("--reason <text>", "skip the diagnosis; for example before a token expires")
    .addOption(new Option("--from <step>", "skip the steps before this one").choices([...STEP_NAMES]))
    .option("--back", "return to the previous token everywhere, while it still works")
    .option("--dry-run", "show each step; change nothing")
    .option("--take-over", "take the rotation lock from a rotation that was abandoned")
    .option("--yes", "do not ask for confirmation")
    .option("--claude <path>", "Claude Code on this machine (default: its usual places, then the PATH)")
    .addOption(stackOption())
    .addOption(configFileOption())
    .addOption(jsonOption("print one JSON object per line: step, note and end"))
    .action(exitCodeOf(run));
  addHelpEnd(
    command,
    [
      "claude-fleet rotate --dry-run                    # what would be done",
      "claude-fleet rotate                              # creates a token by `claude setup-token`",
      "claude-fleet rotate --source stdin < token.txt   # a token that was created elsewhere",
      'claude-fleet rotate --reason "expires in June"   # nothing is broken yet',
      "claude-fleet rotate                              # run again after an interruption: it continues",
      "claude-fleet rotate --back                       # the previous token",
    ],
    [
      [0, "rotated; or the given token is the deployed one, and nothing was done"],
      [FAILED, "the settings are wrong, or the host cannot be asked"],
      ...Object.entries(STEPS).map(([name, { exit, meaning }]): ExitMeaning => [exit, `${name}: ${meaning}`]),
      [EXIT_LOCKED, "another rotation holds the lock; the error says whose, and since when"],
      [INTERRUPTED, "stopped by Ctrl-C; the next run continues"],
    ],
  );
}

function run(name: string | undefined, options: CommandOptions): Promise<number> {
  const target = findToken(name, options);
  const view = chooseView(options.json === true, process.stdout.isTTY);
  const wanted: RotateOptions = {
    source: options.source,
    reason: options.reason,
    from: options.from,
    yes: options.yes === true,
    takeOver: options.takeOver === true,
    claude: options.claude === undefined ? undefined : path.resolve(options.claude),
  };
  const work = options.back === true ? rotateBack : options.dryRun === true ? rehearse : rotate;
  return withInterrupt("wait", (signal) => work(target, wanted, view, signal));
}
