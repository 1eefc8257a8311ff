/** `claude-fleet diagnose [USER]`: what is broken, how badly, and which command comes next. */
import type { Command } from "commander";
import { tokenFinding } from "../../plan/diagnosis/conclude-token.ts";
import { userFinding } from "../../plan/diagnosis/conclude-user.ts";
import { FINDINGS, type Finding } from "../../plan/diagnosis/finding-table.ts";
import {
  addHelpEnd,
  configFileOption,
  FAILED,
  jsonOption,
  stackOption,
  type ExitMeaning,
  type StackOptions,
} from "../help.ts";
import { exitCodeOf } from "../problems.ts";
import { findToken } from "../stack/find-token.ts";
import { coloured } from "../colours.ts";
import { Progress } from "../progress.ts";
import { forUser, printAnswer } from "../user/for-user.ts";
import { collectEvidence } from "./collect-evidence.ts";

interface DiagnoseOptions extends StackOptions {
  readonly json?: boolean;
  readonly token?: string;
}

/** Adds the command. */
export function addDiagnoseCommand(program: Command): void {
  const command = program
    .command("diagnose")
    .argument("[user]", "diagnose this user's login instead of a token and its services")
    .description("find out by real calls whether a token or a login is dead, and name the next command")
    .option("--token <name>", "which token of the settings, where there are several")
    .addOption(stackOption())
    .addOption(configFileOption())
    .addOption(jsonOption())
    .action(
      exitCodeOf((user: string | undefined, options: DiagnoseOptions) =>
        user === undefined ? diagnoseToken(options) : diagnoseUser(user, options),
      ),
    );
  addHelpEnd(
    command,
    [
      "claude-fleet diagnose                    # the token and its services",
      "claude-fleet diagnose --token platform --json",
      "claude-fleet diagnose alice              # a user's login on their workstation",
    ],
    [
      [FAILED, "the settings are wrong"],
      ...Object.entries(FINDINGS).map(([kind, { exit, meaning }]): ExitMeaning => [
        exit,
        `${kind}: ${meaning}`,
      ]),
    ],
  );
}

async function diagnoseToken(options: DiagnoseOptions): Promise<number> {
  const target = findToken(options.token, options);
  const progress = new Progress(process.stderr);
  try {
    progress.say(`asking the host of ${target.token.name}`);
    const evidence = await collectEvidence({ target }, (message) => progress.say(message));
    progress.end();
    const { name: token, diagnosis } = target.token;
    return tell(options, tokenFinding(evidence, { token, refresh: diagnosis.refresh }), { token, evidence });
  } finally {
    progress.end();
  }
}

function diagnoseUser(name: string, options: DiagnoseOptions): Promise<number> {
  return forUser(name, { ...options, json: true }, async ({ target, ask }) => {
    const run = await ask({ action: "run-agent", target });
    return tell(options, userFinding(run), { user: name, evidence: run });
  });
}

function tell(options: DiagnoseOptions, verdict: Finding, subject: object): number {
  const exitCode = FINDINGS[verdict.kind].exit;
  const { kind, severity = null, summary, evidence: sentences, next = null } = verdict;
  const value = { ...subject, verdict: kind, severity, summary, sentences, next, exitCode };
  printAnswer(options, value, verdictText(verdict));
  return exitCode;
}

/** The verdict for a person: its word first, then what was seen, then what to do. */
function verdictText({ kind, severity, summary, evidence, next }: Finding): string {
  const word = FINDINGS[kind].exit === 0 ? "OK" : severity === undefined ? "WARN" : "FAIL";
  const head = `${word} ${kind}${severity === undefined ? "" : ` (${severity})`}: ${summary}`;
  return [
    coloured(head, process.stdout),
    ...evidence.map((sentence) => `  ${sentence}`),
    ...(next === undefined ? [] : [`Next: ${next}`]),
  ].join("\n");
}
