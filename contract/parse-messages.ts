/** Parses the request on the host program's standard input, and the plan in a fleet record. */
import type { z } from "zod";
import { ExpectedError } from "../lib/expected-error.ts";
import { actionNamed, requestSchema, type HostRequest } from "./actions.ts";
import { hostPlan, type HostPlan } from "./host-plan.ts";

const WHERE = "the request on standard input";

/** Parses a request in one line of JSON. @throws {ExpectedError} that names every wrong field */
export function parseRequest(line: string): HostRequest {
  const value = parseJsonAt(line, WHERE);
  const named = typeof value === "object" && value !== null && "action" in value ? value.action : undefined;
  const action = actionNamed(named);
  if (action === undefined)
    throw new ExpectedError(`${WHERE}: action: there is no action ${JSON.stringify(named)}.`);
  return checked(requestSchema(action), { ...(value as object), action }, WHERE);
}

/** Parses a recorded plan. @param where its path, for the error */
export function parsePlan(text: string, where: string): HostPlan {
  return checked(hostPlan, parseJsonAt(text, where), where);
}

function parseJsonAt(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ExpectedError(`${where} is not JSON.`, { cause: error });
  }
}

function checked<T>(shape: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ExpectedError(
    parsed.error.issues.map((issue) => `${where}: ${issue.path.join(".") || "it"}: ${issue.message}.`),
  );
}
