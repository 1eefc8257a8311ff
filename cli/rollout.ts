/** `claude-fleet rollout [TOKEN] [--back]`: rolls one token out, and nothing else of the stack. */
import type { Command } from "commander";
import type { PutBackResult } from "../contract/token-file.ts";
import type { TokenPlan } from "../plan/model.ts";
import { connectionOf } from "../plan/requests/connection.ts";
import { hostToken } from "../plan/requests/token.ts";
import { askHost } from "../remote/ask.ts";
import { reportProblems } from "./problems.ts";
import { runPulumi } from "./stack/pulumi.ts";
import { findToken, type StackOptions, type TokenTarget } from "./stack/find-token.ts";

interface RolloutOptions extends StackOptions {
  readonly back?: boolean;
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
      process.exitCode = await rollout(name, options).catch(reportProblems);
    });
}

async function rollout(name: string | undefined, options: RolloutOptions): Promise<number> {
  const target = findToken(name, options);
  if (options.back === true) {
    const { file, from, to } = await putBack(target, (message) => process.stderr.write(`${message}\n`));
    const former = from === null ? "which was no file" : `which was ${from.slice(0, 12)}`;
    process.stderr.write(`${file}, ${former}, is ${to.slice(0, 12)} again\n`);
  }
  return runPulumi(target.root, upArguments(target));
}

/** `pulumi up` of the token's own resources. */
export function upArguments({ stack, configFile, token }: TokenTarget): readonly string[] {
  const config = configFile === undefined ? [] : ["--config-file", configFile];
  return ["up", "--yes", "--skip-preview", "--stack", stack, ...targetsOf(token), ...config];
}

/** Puts the file before the candidate back in its place. @throws {ExpectedError} when it is no way back */
export function putBack(
  { plan, token }: TokenTarget,
  say: (message: string) => void,
): Promise<PutBackResult> {
  return askHost({
    connection: connectionOf(plan, token),
    request: { action: "put-back", token: hostToken(plan, token) },
    hear: (event) => {
      if (event.event === "progress") say(event.message);
    },
  });
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
