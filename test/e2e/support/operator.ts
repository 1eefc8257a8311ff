/** Runs `claude-fleet` as an operator does, in the project's folder. */
import { checkout } from "../../../dev/checkout.ts";
import type { DevEnvironment } from "../../../dev/environment.ts";
import { STACK } from "../../../dev/stack.ts";
import { shellVariables } from "./pulumi.ts";
import { run, type Run, type RunOptions } from "./run.ts";

/** `claude-fleet ARGS --stack test`, without Vault's token: none of these commands needs one. */
export function claudeFleet(environment: DevEnvironment, ...args: readonly string[]): Promise<Run> {
  return hearClaudeFleet(environment, undefined, ...args);
}

/** The same, for who listens while it runs. */
export function hearClaudeFleet(
  environment: DevEnvironment,
  hear: RunOptions["hear"],
  ...args: readonly string[]
): Promise<Run> {
  const env = { ...shellVariables(environment) };
  delete env["VAULT_TOKEN"];
  return run(process.execPath, ["dist/claude-fleet.mjs", ...args, "--stack", STACK], {
    cwd: checkout.root,
    env,
    ...(hear === undefined ? {} : { hear }),
  });
}
