/** Runs `claude-fleet` as an operator does, in the project's folder. */
import { expect } from "vitest";
import { checkout } from "../../../dev/checkout.ts";
import { devEnvironment, type DevEnvironment } from "../../../dev/environment.ts";
import { STACK } from "../../../dev/stack.ts";
import { shellVariables } from "./pulumi.ts";
import { run, type Run, type RunOptions } from "./run.ts";
import { awaitRest, logIn, runService, unwatch, watch } from "./workstation.ts";

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

/**
 * Pauses a user and waits until nothing of theirs runs: what a test then puts into the home starts no run of its own.
 * {@link claudeFleet} `resume` ends it.
 */
export async function comeToRest(environment: DevEnvironment, user: string): Promise<void> {
  const paused = await claudeFleet(environment, "pause", user);
  if (paused.code !== 0) throw new Error(paused.output);
  await awaitRest(environment, user);
}

/** Resumes a user and gives them a fresh login that a run has proven, whatever a test has left. */
export async function renewAfresh(environment: DevEnvironment, user: string): Promise<void> {
  await claudeFleet(environment, "resume", user);
  await unwatch(environment, user);
  await logIn(environment, user);
  expect((await runService(environment, user)).code).toBe(0);
  await watch(environment, user);
}

/** The test environment with alice and bob renewed afresh, and nothing amiss at the API. */
export async function environmentWithProvenLogins(): Promise<DevEnvironment> {
  const environment = await devEnvironment();
  await environment.anthropic.behaveWell();
  for (const user of ["alice", "bob"]) await renewAfresh(environment, user);
  return environment;
}
