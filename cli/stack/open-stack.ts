/** Opens the stack that a command is about: its folder, its name and its plan. */
import path from "node:path";
import type { FleetPlan } from "../../plan/model.ts";
import type { StackOptions } from "../help.ts";
import { chooseStack, projectFolder } from "./project.ts";
import { readStackPlan } from "./read-plan.ts";

/** A stack, as its files describe it. */
export interface OpenStack {
  /** The project's folder. */
  readonly root: string;
  /** As `pulumi --stack` takes it. */
  readonly stack: string;
  /** Absolute path of settings other than the stack's own. */
  readonly configFile: string | undefined;
  readonly plan: FleetPlan;
}

/**
 * Reads the stack that the options, the environment or Pulumi's own selection name.
 * @throws {ExpectedError} when the stack is not known, or ambiguous
 * @throws PlanError with every problem of settings and roster
 */
export function openStack(options: StackOptions): OpenStack {
  const root = projectFolder();
  const stack = chooseStack(root, options.stack);
  const configFile = options.configFile === undefined ? undefined : path.resolve(options.configFile);
  return {
    root,
    stack: options.stack ?? stack,
    configFile,
    plan: readStackPlan(root, stack, configFile),
  };
}
