/** The help of every command: a stranger finds examples and exit codes, and the tables decide which commands exist. */
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { claudeFleet } from "../../../cli/commands.ts";
import { actionsBy } from "../../../contract/actions.ts";
import { VAULT_WORK } from "../../../contract/command-input.ts";

/** Returns a command and all below it, each with its full name. */
function allOf(command: Command, above = ""): readonly (readonly [name: string, command: Command])[] {
  const name = `${above} ${command.name()}`.trim();
  return [[name, command], ...command.commands.flatMap((child) => allOf(child, name))];
}

/** Returns what `--help` prints. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

const commands = allOf(claudeFleet());
const named = (name: string) => commands.find(([known]) => known === name)?.[1];

describe("the help", () => {
  it.each(commands.filter(([, { commands }]) => commands.length === 0))(
    "of `%s` has an example of that command, and its exit codes",
    (name, command) => {
      const [, examples = "", exits = ""] = helpOf(command).split(/^(?:Examples|Exit codes):\n/m);
      expect(examples).toContain(`  ${name}`);
      expect(exits).toMatch(/^ +0 {2}\w/m);
      expect(exits).toMatch(/^ +1 {2}\w/m);
    },
  );

  it.each(commands.filter(([, { commands }]) => commands.length > 0))(
    "of `%s` says where examples are",
    (name, command) => {
      expect(helpOf(command)).toContain(`Examples and exit codes of a command: ${name} COMMAND --help`);
    },
  );

  it.each(commands.filter(([name]) => name !== "claude-fleet"))("of `%s` describes it", (_, command) => {
    expect(command.description()).toMatch(/^[a-z].*[^.]$/);
  });
});

it("has a command for each action that a resource runs, and for each work in Vault", () => {
  const names = (parent: string) => named(parent)?.commands.map((command) => command.name());
  expect(names("claude-fleet host")).toEqual(["observe", ...actionsBy("resource")]);
  expect(names("claude-fleet vault")).toEqual(Object.keys(VAULT_WORK));
});
