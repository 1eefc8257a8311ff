/** `claude-fleet diagnose [USER]`: is it broken, how badly, and what is the one next command. */
import type { Command } from "commander";
import { judge } from "../../plan/diagnosis/judge.ts";
import { judgeUser } from "../../plan/diagnosis/judge-user.ts";
import { VERDICTS, type Verdict } from "../../plan/diagnosis/verdicts.ts";
import { reportProblems } from "../problems.ts";
import { findToken, type StackOptions } from "../stack/find-token.ts";
import { coloured, Progress } from "../terminal.ts";
import { answer, forUser } from "../user/for-user.ts";
import { collectEvidence } from "./collect-evidence.ts";

/** A run may wait for the CLI twice, and for locks between: see the unit's TimeoutStartSec. */

interface DiagnoseOptions extends StackOptions {
  readonly json?: boolean;
  readonly token?: string;
}

/** Adds the command. */
export function addDiagnoseCommand(program: Command): void {
  program
    .command("diagnose")
    .argument("[user]", "a user of a workstation; without one, it is about a token and its services")
    .description("say by real calls whether a token is dead, with the evidence and the one next command")
    .option("--token <name>", "which token of the settings; not needed where there is one")
    .option("--stack <name>", "the stack; by default the one that is selected, or the only one there is")
    .option("--config-file <file>", "settings other than Pulumi.<stack>.yaml")
    .option("--json", "one JSON object on standard output")
    .addHelpText("after", `\nExamples:\n${EXAMPLES}\nExits with:\n${exitCodes()}`)
    .action(async (user: string | undefined, options: DiagnoseOptions) => {
      const work = user === undefined ? diagnoseToken(options) : diagnoseUser(user, options);
      process.exitCode = await work.catch(reportProblems);
    });
}

const EXAMPLES = `  claude-fleet diagnose                    # the token of the services
  claude-fleet diagnose --token platform --json
  claude-fleet diagnose alice              # a user's login, on their workstation
`;

function exitCodes(): string {
  return Object.entries(VERDICTS)
    .map(([kind, { exit, meaning }]) => `  ${String(exit).padStart(2)}  ${kind}: ${meaning}\n`)
    .join("");
}

async function diagnoseToken(options: DiagnoseOptions): Promise<number> {
  const target = findToken(options.token, options);
  const progress = new Progress(process.stderr);
  try {
    progress.say(`asking the host of ${target.token.name}`);
    const evidence = await collectEvidence(target, { say: (message) => progress.say(message) });
    progress.end();
    const { name, diagnosis } = target.token;
    return tell(options, judge(evidence, { token: name, refresh: diagnosis.refresh }), {
      token: name,
      evidence,
    });
  } finally {
    progress.end();
  }
}

function diagnoseUser(name: string, options: DiagnoseOptions): Promise<number> {
  return forUser(name, { ...options, json: true }, async ({ target, ask }) => {
    const run = await ask({ action: "run-agent", target });
    return tell(options, judgeUser(run), { user: name, evidence: run });
  });
}

function tell(options: DiagnoseOptions, verdict: Verdict, subject: object): number {
  const exitCode = VERDICTS[verdict.kind].exit;
  const { kind, severity = null, summary, evidence: sentences, next = null } = verdict;
  const value = { ...subject, verdict: kind, severity, summary, sentences, next, exitCode };
  answer(options, value, verdictText(verdict));
  return exitCode;
}

/** The verdict for a person: its word first, then what was seen, then what to do. */
export function verdictText({ kind, severity, summary, evidence, next }: Verdict): string {
  const word = VERDICTS[kind].exit === 0 ? "OK" : severity === undefined ? "WARN" : "FAIL";
  const head = `${word} ${kind}${severity === undefined ? "" : ` (${severity})`}: ${summary}`;
  return [
    coloured(head, process.stdout),
    ...evidence.map((sentence) => `  ${sentence}`),
    ...(next === undefined ? [] : [`Next: ${next}`]),
  ].join("\n");
}
