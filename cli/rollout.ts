/** `claude-fleet rollout [TOKEN] [--back]`: rolls out one token file, and changes nothing else of the stack. */
import type { Command } from "commander";
import type { ResultOf } from "../contract/actions.ts";
import type { Say } from "../lib/say.ts";
import type { TokenPlan } from "../plan/model.ts";
import { hostToken } from "../plan/requests/token.ts";
import { addHelpEnd, configFileOption, stackOption, type StackOptions } from "./help.ts";
import { exitCodeOf } from "./problems.ts";
import { ask, findToken, type TokenTarget } from "./stack/find-token.ts";
import { runPulumi } from "./stack/pulumi.ts";

interface RolloutOptions extends StackOptions {
  readonly back?: boolean;
}

/** Adds the command. */
export function addRolloutCommand(program: Command): void {
  const command = program
    .command("rollout")
    .argument("[token]", "which token of the settings, where there are several")
    .description("bring the token file on its host to its containers; change nothing else of the stack")
    .option("--back", "first put back the previous token file, if a real call proves that it still works")
    .addOption(stackOption())
    .addOption(configFileOption())
    .action(exitCodeOf(rollout));
  addHelpEnd(
    command,
    [
      "claude-fleet rollout                  # the new file: proven first, then one container at a time",
      "claude-fleet rollout platform --back  # the previous file",
    ],
    [
      [0, "rolled out"],
      [1, "with --back: the previous file does not work, and nothing was changed"],
      ["any", "what pulumi exits with"],
    ],
  );
}

async function rollout(name: string | undefined, options: RolloutOptions): Promise<number> {
  const target = findToken(name, options);
  if (options.back === true) {
    const { file, from, to } = await putBack(target, (message) => process.stderr.write(`${message}\n`));
    const before = from === null ? "there was no file" : `it was ${from.slice(0, 12)}`;
    process.stderr.write(`${file} is ${to.slice(0, 12)} again (${before})\n`);
  }
  return runPulumi(target.root, upArguments(target));
}

/** Returns the arguments of the `pulumi up` that is limited to the token's own resources. */
export function upArguments({ stack, configFile, token }: TokenTarget): readonly string[] {
  const config = configFile === undefined ? [] : ["--config-file", configFile];
  return ["up", "--yes", "--skip-preview", "--stack", stack, ...targetsOf(token), ...config];
}

/** Puts the previous token file back on its host. @throws {ExpectedError} when that file does not work */
export function putBack(target: TokenTarget, say: Say): Promise<ResultOf<"put-back">> {
  return ask({ target }, { action: "put-back", token: hostToken(target.plan, target.token) }, say);
}

/** Returns the `--target` arguments: the token's own resources, and those that `pulumi up` may have to create. */
export function targetsOf({ name }: TokenPlan): readonly string[] {
  const urns = [
    ...["TokenGate", "StaleProcesses"].map((type) => `**claude-fleet:index:${type}::${name}`),
    ...["gate", "stale"].map((action) => `**::${name}-${action}`),
    `**::${name}/*`,
  ];
  return urns.flatMap((urn) => ["--target", urn]);
}
