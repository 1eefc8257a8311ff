/** `claude-fleet rotate [TOKEN]`: the whole way from a fresh token to the closed loop; can be stopped and resumed anywhere. */
import path from "node:path";
import { Option, type Command } from "commander";
import { EXIT_LOCKED, STEP_NAMES, STEPS, type StepName } from "../../plan/rotation/steps.ts";
import { reportProblems } from "../problems.ts";
import { findToken, type StackOptions } from "../stack/find-token.ts";
import { rotateBack } from "./back.ts";
import type { RotateOptions, Source } from "./rotation.ts";
import { rehearse, rotate } from "./rotate.ts";
import { chooseView } from "./view.ts";

interface CommandOptions extends StackOptions {
  readonly source?: Source;
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
  program
    .command("rotate")
    .argument("[token]", "which token of the settings; not needed where there is one")
    .description("replace a dead token: diagnose, obtain, check, deliver, roll out, verify, close the loop")
    .addOption(
      new Option("--source <source>", "where the new token comes from")
        .choices(["setup-token", "login", "stdin"])
        .default("setup-token"),
    )
    .option("--reason <text>", "rotate without a diagnosis, such as before a token expires")
    .addOption(new Option("--from <step>", "take the steps before it for done").choices([...STEP_NAMES]))
    .option("--back", "return to the token before, everywhere, while it still works")
    .option("--dry-run", "show every step and change nothing")
    .option("--take-over", "take the lock from a rotation that nobody goes on with")
    .option("--yes", "ask nothing")
    .option("--claude <path>", "Claude Code on this machine, where it is in none of its usual places")
    .option("--stack <name>", "the stack; by default the one that is selected, or the only one there is")
    .option("--config-file <file>", "settings other than Pulumi.<stack>.yaml")
    .option("--json", "one JSON object a line: step, note and end")
    .addHelpText("after", `\nExamples:\n${EXAMPLES}\nExits with:\n${exitCodes()}`)
    .action(async (name: string | undefined, options: CommandOptions) => {
      process.exitCode = await run(name, options).catch(reportProblems);
    });
}

const EXAMPLES = `  claude-fleet rotate --dry-run                    # what would be done
  claude-fleet rotate                              # asks for a token by \`claude setup-token\`
  claude-fleet rotate --source stdin < token.txt   # a token that was made elsewhere
  claude-fleet rotate --reason "expires in June"   # nothing is broken yet
  claude-fleet rotate                              # again, after whatever stopped it: goes on
  claude-fleet rotate --back                       # the token before
`;

function exitCodes(): string {
  const steps = Object.entries(STEPS).map(
    ([name, { exit, meaning }]) => [exit, `${name}: ${meaning}`] as const,
  );
  const all = [
    [0, "rotated; or the given token is the deployed one, and nothing was done"] as const,
    [1, "the settings are wrong, or the host cannot be asked"] as const,
    ...steps,
    [EXIT_LOCKED, "somebody else rotates it; says who, and since when"] as const,
    [130, "stopped by Ctrl-C; the next run goes on"] as const,
  ];
  return all.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}\n`).join("");
}

async function run(name: string | undefined, options: CommandOptions): Promise<number> {
  const target = findToken(name, options);
  const view = chooseView(options.json === true, process.stdout.isTTY);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const wanted: RotateOptions = {
    source: options.source ?? "setup-token",
    reason: options.reason,
    from: options.from,
    yes: options.yes === true,
    takeOver: options.takeOver === true,
    claude: options.claude === undefined ? undefined : path.resolve(options.claude),
  };
  try {
    if (options.back === true) return await rotateBack(target, wanted, view, stop.signal);
    const work = options.dryRun === true ? rehearse : rotate;
    return await work(target, wanted, view, stop.signal);
  } finally {
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
  }
}
