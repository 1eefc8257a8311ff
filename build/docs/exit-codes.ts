/** The tables of docs/reference/exit-codes.md. */
import type { Command } from "commander";
import { remedyFor, remedyForBackup } from "../../agent/decision/remedies.ts";
import { claudeFleet } from "../../cli/commands.ts";
import { DONE_OR_FAILED, exitCodesOf } from "../../cli/help.ts";
import {
  BACKUP_STATES,
  CLASSES,
  EXIT_PENDING,
  EXIT_USAGE,
  REASONS,
  SHARED_TOKEN,
  type BackupState,
  type Reason,
} from "../../contract/agent-classes.ts";
import { FINDINGS } from "../../plan/diagnosis/finding-table.ts";
import { EXIT_LOCKED, STEPS } from "../../plan/rotation/step-table.ts";
import { table, withTables } from "./tables.ts";

/** Commands whose exit codes have a table of their own. */
const OWN_TABLE = ["claude-fleet check", "claude-fleet diagnose", "claude-fleet rotate"];

const PERSON = { user: "USER", email: "EMAIL" };

/** Returns the page with its tables as the code has them. */
export function exitCodesReference(page: string): string {
  return withTables(page, { commands: commands(), diagnose: diagnose(), rotate: rotate(), agent: agent() });
}

function commands(): string {
  const common = DONE_OR_FAILED.map(([code, meaning]) => ["every command", String(code), meaning]);
  const own = leavesOf(claudeFleet(), "").flatMap(([name, command]) => {
    if (OWN_TABLE.includes(name)) return [];
    return (exitCodesOf(command) ?? [])
      .filter((exit) => !DONE_OR_FAILED.includes(exit))
      .map(([code, meaning]) => [`\`${name}\``, String(code), meaning]);
  });
  return table(["command", "code", "meaning"], [...common, ...own]);
}

/** Returns the commands that do something, each with its whole name. */
function leavesOf(command: Command, above: string): readonly (readonly [name: string, command: Command])[] {
  const name = `${above} ${command.name()}`.trim();
  if (command.commands.length === 0) return [[name, command]];
  return command.commands.flatMap((child) => leavesOf(child, name));
}

function diagnose(): string {
  return table(
    ["code", "finding", "severity", "meaning", "next step"],
    Object.entries(FINDINGS)
      .toSorted(([, a], [, b]) => a.exit - b.exit)
      .map(([kind, { exit, severity = "", meaning, next }]) => [
        String(exit),
        `\`${kind}\``,
        severity,
        meaning,
        next?.("TOKEN") ?? "",
      ]),
  );
}

function rotate(): string {
  return table(
    ["code", "step", "meaning"],
    [
      ["0", "", "rotated, or the token is already in use everywhere"],
      ["1", "", "the settings are wrong, or a host did not answer"],
      ...Object.entries(STEPS).map(([name, { exit, meaning }]) => [String(exit), `\`${name}\``, meaning]),
      [String(EXIT_LOCKED), "", "another rotation of this token is under way"],
      ["130", "", "stopped by Ctrl-C"],
    ],
  );
}

/** Returns one row for each way in which a run can end, sorted by exit code. */
function agent(): string {
  const reasons = Object.entries(REASONS).map(([reason, facts]): Row => {
    const exit = "exit" in facts ? facts.exit : CLASSES[facts.class].exit;
    const remedy =
      remedyFor(reason as Reason, PERSON) ?? (facts.word === "FAIL" ? "what the agent's line says" : "");
    return [exit, facts.class, reason, facts.meaning, remedy];
  });
  const backups = Object.entries(BACKUP_STATES)
    .filter(([, { exit }]) => exit !== 0)
    .map(([state, { exit, meaning }]): Row => {
      const remedy = state === "refused" ? "`npx pulumi up`" : remedyForBackup(state as BackupState, PERSON);
      return [exit, "the backup", state, meaning, remedy ?? ""];
    });
  const others: readonly Row[] = [
    [EXIT_USAGE, "", "", "the agent's arguments are wrong, or the user has no plan here", "`npx pulumi up`"],
    [
      SHARED_TOKEN.exit,
      "ok",
      SHARED_TOKEN.reason,
      "an environment file sets CLAUDE_CODE_OAUTH_TOKEN, which replaces the login in every session",
      "remove the line from the file that the agent names",
    ],
    [EXIT_PENDING, "", "", "only of `backup`: Vault cannot store the backup now", "systemd tries again"],
  ];
  return table(
    ["code", "class", "reason", "meaning", "what to do"],
    [...reasons, ...backups, ...others]
      .toSorted(([a], [b]) => a - b)
      .map(([code, group, reason, ...rest]) => [
        String(code),
        group,
        reason === "" ? "" : `\`${reason}\``,
        ...rest,
      ]),
  );
}

type Row = readonly [code: number, group: string, reason: string, meaning: string, remedy: string];
