/** Options that several commands understand, and the end of each command's help: its examples and its exit codes. */
import { Option, type Command } from "commander";

/** An exit code and what it means. */
export type ExitMeaning = readonly [code: number | string, meaning: string];

/** Exit code of a command that could not do what it was asked. */
export const FAILED = 1;
/** Exit code after Ctrl-C, as shells number it. */
export const INTERRUPTED = 130;

/** Exit codes of a command that does one thing. */
export const DONE_OR_FAILED: readonly ExitMeaning[] = [
  [0, "done"],
  [FAILED, "not done; standard error says why"],
];

const exitCodes = new WeakMap<Command, readonly ExitMeaning[]>();

/** Returns the exit codes of a command. Undefined: the command only has sub-commands. */
export function exitCodesOf(command: Command): readonly ExitMeaning[] | undefined {
  return exitCodes.get(command);
}

/** Options that say which stack. */
export interface StackOptions {
  readonly stack?: string;
  /** A file with the stack's settings. Commands about users do not offer it. */
  readonly configFile?: string;
}

/** Returns the option that names the stack. */
export const stackOption = () =>
  new Option("--stack <name>", "the stack (default: the selected one, or the only one)");

/** Returns the option that names another file of settings. */
export const configFileOption = () =>
  new Option("--config-file <file>", "read the settings from this file (default: Pulumi.<stack>.yaml)");

/** Returns the option for machine-readable output. */
export const jsonOption = (what = "print one JSON object on standard output") => new Option("--json", what);

/** Adds a last line to the help of a command that only has sub-commands. */
export function addHelpPointer(command: Command, name: string): Command {
  return command.addHelpText("after", `\nExamples and exit codes of a command: ${name} COMMAND --help`);
}

/** Adds examples and exit codes below the help of `command`. An example may end with a comment behind `#`. */
export function addHelpEnd(
  command: Command,
  examples: readonly string[],
  exits: readonly ExitMeaning[] = DONE_OR_FAILED,
): Command {
  const sorted = exits.toSorted(([a], [b]) => Number(a) - Number(b));
  exitCodes.set(command, exits);
  const width = Math.max(...exits.map(([code]) => String(code).length));
  const lines = [
    "",
    "Examples:",
    ...examples.map((example) => `  ${example}`),
    "",
    "Exit codes:",
    ...sorted.map(([code, meaning]) => `  ${String(code).padStart(width)}  ${meaning}`),
  ];
  return command.addHelpText("after", lines.join("\n"));
}
