/** Reads the stack's settings and the roster and builds the plan. Errors are sentences without a stack trace. */
import * as pulumi from "@pulumi/pulumi";
import { ExpectedError } from "../lib/expected-error.ts";
import type { FleetPlan } from "../plan/model.ts";
import { PlanError } from "../plan/problems.ts";
import { IGNORED_SETTINGS } from "../plan/schema/stack-settings.ts";
import { readPlanFiles, stackFile } from "./plan-files.ts";

const NAMESPACE = "claude-fleet:";

/**
 * Returns the plan of the current stack. Warns about each setting that has no meaning any more.
 * @param root the project's folder, which relative paths of the settings start from
 * @throws RunError with every problem of both files, each with its place and remedy
 */
export function readPlan(root: string): FleetPlan {
  const settings = stackSettings();
  for (const name of IGNORED_SETTINGS.filter((ignored) => ignored in settings)) {
    const key = `${NAMESPACE}${name}`;
    void pulumi.log.warn(
      `${key} has no meaning any more and is ignored. Remove it with \`pulumi config rm ${key}\`.`,
    );
  }
  try {
    return readPlanFiles(root, stackFile(root, pulumi.getStack()), settings);
  } catch (error) {
    if (error instanceof PlanError) throw new pulumi.RunError(`nothing was changed:\n${error.message}`);
    if (error instanceof ExpectedError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

/** Returns the settings below `claude-fleet:`, by key. Pulumi hands over structured settings as JSON. */
function stackSettings(): Record<string, unknown> {
  const entries = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(NAMESPACE))
    .map(([key, value]) => [key.slice(NAMESPACE.length), parseSetting(value)] as const);
  return Object.fromEntries(entries);
}

function parseSetting(value: string): unknown {
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
