/** The token that a command is about, in the stack that is meant. */
import path from "node:path";
import { ExpectedError } from "../../lib/expected-error.ts";
import type { FleetPlan, TokenPlan } from "../../plan/model.ts";
import { chooseStack, projectFolder } from "./project.ts";
import { readStackPlan } from "./read-plan.ts";

/** Options that say which stack. */
export interface StackOptions {
  readonly stack?: string;
  readonly configFile?: string;
}

/** A token of a stack. */
export interface TokenTarget {
  /** The project's folder. */
  readonly root: string;
  /** As `pulumi --stack` takes it. */
  readonly stack: string;
  /** Absolute path of settings other than the stack's own. */
  readonly configFile: string | undefined;
  readonly plan: FleetPlan;
  readonly token: TokenPlan;
}

/**
 * @param name of the token; needed where there are several
 * @throws {ExpectedError} when it cannot be told which is meant
 * @throws PlanError with every problem of the settings
 */
export function findToken(name: string | undefined, options: StackOptions): TokenTarget {
  const root = projectFolder();
  const stack = chooseStack(root, options.stack);
  const configFile = options.configFile === undefined ? undefined : path.resolve(options.configFile);
  const plan = readStackPlan(root, stack, configFile);
  return { root, stack: options.stack ?? stack, configFile, plan, token: chooseToken(plan, name) };
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
