/** Assembles `claude-fleet` from the files that hold its commands. */
import { Command } from "commander";
import { addCiCommands } from "./ci/commands.ts";
import { addDiagnoseCommand } from "./diagnose/command.ts";
import { addHostCommands } from "./host/commands.ts";
import { addHelpPointer } from "./help.ts";
import { addImportCommand } from "./import.ts";
import { addRolloutCommand } from "./rollout.ts";
import { addRotateCommand } from "./rotate/command.ts";
import { addRulesCommand } from "./rules.ts";
import { addStatusCommand } from "./status/command.ts";
import { addUserCommands } from "./user/commands.ts";
import { addVaultCommands } from "./vault/commands.ts";

/** Returns the command line with all its commands. */
export function claudeFleet(): Command {
  const program = new Command("claude-fleet").description(
    "Keeps Claude Code logins valid on a fleet.\n\n`pulumi up` applies the roster. These commands watch the fleet and act on single users and tokens.",
  );
  program.commandsGroup("See what is wrong:");
  addStatusCommand(program);
  addDiagnoseCommand(program);
  program.commandsGroup("Act on one user's login:");
  addUserCommands(program);
  program.commandsGroup("Replace the token of containers:");
  addRotateCommand(program);
  addRolloutCommand(program);
  program.commandsGroup("Set up:");
  addImportCommand(program);
  addRulesCommand(program);
  addCiCommands(program);
  program.commandsGroup("Run by Pulumi; not for people:");
  addHostCommands(program);
  addVaultCommands(program);
  return addHelpPointer(program, "claude-fleet");
}
