/** Finds the token that a command is about, in the stack that is meant, and asks its host. */
import { ExpectedError } from "../../lib/expected-error.ts";
import type { ActionName, RequestOf, ResultOf } from "../../contract/actions.ts";
import type { Say } from "../../lib/say.ts";
import type { FleetPlan, TokenPlan } from "../../plan/model.ts";
import { connectionOf } from "../../plan/requests/connection.ts";
import { askHost } from "../../remote/ask.ts";
import type { StackOptions } from "../help.ts";
import { openStack, type OpenStack } from "./open-stack.ts";

/** A token of a stack. */
export interface TokenTarget extends OpenStack {
  readonly token: TokenPlan;
}

/**
 * Finds the token of this name; without a name, the only one.
 * @throws {ExpectedError} when there is no such token, or the name is missing and there are several
 * @throws PlanError with every problem of the settings
 */
export function findToken(name: string | undefined, options: StackOptions): TokenTarget {
  const stack = openStack(options);
  return { ...stack, token: chooseToken(stack.plan, name) };
}

/** @throws {ExpectedError} as {@link findToken} */
export function chooseToken({ tokens }: FleetPlan, name: string | undefined): TokenPlan {
  const names = tokens.map((token) => token.name).join(", ");
  const [only] = tokens;
  if (only === undefined) throw new ExpectedError("The stack has no token. Add one to claude-fleet:tokens.");
  if (name === undefined) {
    if (tokens.length === 1) return only;
    throw new ExpectedError(`The stack has several tokens. Name one of ${names}.`);
  }
  const token = tokens.find((candidate) => candidate.name === name);
  if (token === undefined) throw new ExpectedError(`There is no token ${name}. There are: ${names}.`);
  return token;
}

/**
 * Asks the host of a token. `say` hears its progress.
 * @throws {ExpectedError} as {@link askHost}
 */
export function ask<Name extends ActionName>(
  { target, signal }: { readonly target: TokenTarget; readonly signal?: AbortSignal | undefined },
  request: RequestOf<Name>,
  say?: Say,
): Promise<ResultOf<Name>> {
  return askHost({
    connection: connectionOf(target.plan, target.token),
    request,
    signal,
    hear: (event) => {
      if (event.event === "progress") say?.(event.message);
    },
  });
}
