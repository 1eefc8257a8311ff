/** `claude-fleet rollout [TOKEN] [--back]`: rolls one token out, and nothing else of the stack. */
import { spawn } from "node:child_process";
import path from "node:path";
import type { Command } from "commander";
import { putBackResult } from "../host/protocol.ts";
import { ExpectedError, problemsOf } from "../lib/expected-error.ts";
import type { FleetPlan, TokenPlan } from "../plan/model.ts";
import { formatProblem, PlanError } from "../plan/problems.ts";
import { connectionOf, hostToken } from "../program/requests.ts";
import { readHostProgram } from "./host/program-file.ts";
import { converse } from "./host/session.ts";
import { chooseStack, projectFolder } from "./stack/project.ts";
import { readStackPlan } from "./stack/read-plan.ts";

/** Both probes may wait for a slow API. */
const DEADLINE_SECONDS = 600;

interface RolloutOptions {
  readonly back?: boolean;
  readonly stack?: string;
  readonly configFile?: string;
}

/** Adds the command. */
export function addRolloutCommand(program: Command): void {
  program
    .command("rollout")
    .argument("[token]", "which token of the settings; not needed where there is one")
    .description("roll out the token file that lies on its host, and change nothing else of the stack")
    .option(
      "--back",
      "first put back the file before it, once a real call has proven that its token still works",
    )
    .option("--stack <name>", "the stack; by default the one that is selected, or the only one there is")
    .option("--config-file <file>", "settings other than Pulumi.<stack>.yaml")
    .addHelpText(
      "after",
      `
Examples:
  claude-fleet rollout                  # the new file, behind its gate, one container at a time
  claude-fleet rollout platform --back  # the file before it

Exits with pulumi's own code; 1 when the former file is no way back, and then nothing was changed.
`,
    )
    .action(async (name: string | undefined, options: RolloutOptions) => {
      process.exitCode = await rollout(name, options).catch((error: unknown) => {
        const problems = error instanceof PlanError ? error.problems.map(formatProblem) : problemsOf(error);
        for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
        return 1;
      });
    });
}

async function rollout(name: string | undefined, options: RolloutOptions): Promise<number> {
  const root = projectFolder();
  const stack = chooseStack(root, options.stack);
  const configFile = options.configFile === undefined ? undefined : path.resolve(options.configFile);
  const plan = readStackPlan(root, stack, configFile);
  const token = chooseToken(plan, name);
  if (options.back === true) await putBack(plan, token);
  const args = ["up", "--yes", "--skip-preview", "--stack", options.stack ?? stack, ...targetsOf(token)];
  return runPulumi(root, [...args, ...(configFile === undefined ? [] : ["--config-file", configFile])]);
}

/** @throws {ExpectedError} when the name does not say which */
export function chooseToken({ tokens }: FleetPlan, name: string | undefined): TokenPlan {
  const names = tokens.map((token) => token.name).join(", ");
  const [only] = tokens;
  if (only === undefined) throw new ExpectedError("The stack has no token; add one to claude-fleet:tokens.");
  if (name === undefined) {
    if (tokens.length === 1) return only;
    throw new ExpectedError(`The stack has several tokens; name one of ${names}.`);
  }
  const token = tokens.find((candidate) => candidate.name === name);
  if (token === undefined) throw new ExpectedError(`There is no token ${name}; there are: ${names}.`);
  return token;
}

async function putBack(plan: FleetPlan, token: TokenPlan): Promise<void> {
  const outcome = await converse({
    connection: connectionOf(plan, token),
    program: await readHostProgram(),
    request: { action: "put-back", token: hostToken(plan, token) },
    deadlineSeconds: DEADLINE_SECONDS,
    hear: (event) => {
      if (event.event === "progress") process.stderr.write(`${event.message}\n`);
    },
  });
  if (outcome.kind === "failed") throw new ExpectedError(outcome.problems);
  if (outcome.kind === "unreachable") throw new ExpectedError(outcome.reason);
  const { file, from, to } = putBackResult.parse(outcome.result);
  const former = from === null ? "which was no file" : `which was ${from.slice(0, 12)}`;
  process.stderr.write(`${file}, ${former}, is ${to.slice(0, 12)} again\n`);
}

/** What `pulumi up` is told to look at: the token's own resources, and those that it may have to make. */
export function targetsOf({ name }: TokenPlan): readonly string[] {
  const urns = [
    ...["TokenGate", "StaleProcesses"].map((type) => `**claude-fleet:index:${type}::${name}`),
    ...["gate", "stale"].map((action) => `**::${name}-${action}`),
    `**::${name}/*`,
  ];
  return urns.flatMap((urn) => ["--target", urn]);
}

/** Its output to the terminal is the person's own. @returns its exit code */
function runPulumi(root: string, args: readonly string[]): Promise<number> {
  const child = spawn("npx", ["pulumi", ...args], { cwd: root, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new ExpectedError(`npx could not be started (${error.message}).`)));
    child.on("close", (code) => resolve(code ?? 1));
  });
}
