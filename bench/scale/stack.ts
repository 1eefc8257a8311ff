/** A stack of many users with a state of its own, against the environment's Vault. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { command } from "../../lib/process.ts";
import type { DevEnvironment } from "../../dev/environment.ts";
import { fileBackend } from "../../dev/toolchain/environment.ts";
import { scalePlan, type ScalePlan } from "./plan.ts";

/** Variables that keep `pulumi` from writing the state after each step; one that is killed then forgets all that it made. */
export const WITHOUT_CHECKPOINTS = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

/** Where `pulumi` finds the stack; it is selected in `env`. */
export interface ScaleStack {
  readonly plan: ScalePlan;
  readonly name: string;
  /** The project's folder. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Holds the state, and what else may go with it. */
  readonly folder: string;
  /** Forgets the stack; what it has made in Vault is to be destroyed before. */
  readonly close: () => Promise<void>;
}

/**
 * An empty stack for that many users.
 * @param base variables beside the environment's own
 */
export async function openScaleStack(
  environment: DevEnvironment,
  users: number,
  base: NodeJS.ProcessEnv = process.env,
): Promise<ScaleStack> {
  const cwd = import.meta.dirname;
  const plan = scalePlan(environment.vault.address, users);
  const name = `size${users}`;
  const folder = await mkdtemp(path.join(tmpdir(), "claude-fleet-scale-"));
  const settings = path.join(cwd, `Pulumi.${name}.yaml`);
  const close = async () => {
    await rm(settings, { force: true });
    await rm(folder, { recursive: true, force: true });
  };
  const env = {
    ...base,
    ...environment.variables,
    PULUMI_BACKEND_URL: fileBackend(folder),
    PULUMI_STACK: name,
  };
  const config = {
    "scale:address": plan.vault.address,
    "scale:users": String(users),
    // The stand-in language host runs no stack without this; the official one does not read it.
    "claude-fleet-dev:plugins": "stand-in",
  };
  try {
    await writeFile(settings, JSON.stringify({ config }));
    await command("npx", ["pulumi", "stack", "init", name], { cwd, env });
  } catch (error) {
    await close();
    throw error;
  }
  return { plan, name, cwd, env, folder, close };
}
