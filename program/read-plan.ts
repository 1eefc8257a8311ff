/** Reads the stack's settings and the roster, and turns them into the plan; errors are sentences without a stack. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { loadPlan } from "../plan/load.ts";
import type { FleetPlan } from "../plan/model.ts";
import { PlanError } from "../plan/problems.ts";

const NAMESPACE = "claude-fleet:";

/**
 * The plan of the current stack.
 * @param root the project's folder; relative paths of the settings start there
 * @throws RunError with every problem of both files, each with its place and remedy
 */
export function readPlan(root: string): FleetPlan {
  const settings = stackSettings();
  const rosterFile = typeof settings["roster"] === "string" ? settings["roster"] : "roster.yaml";
  const settingsFile = `Pulumi.${pulumi.getStack()}.yaml`;
  const settingsPath = path.join(root, settingsFile);
  try {
    return loadPlan({
      settings,
      ...(existsSync(settingsPath)
        ? { settingsSource: { file: settingsFile, text: readFileSync(settingsPath, "utf8") } }
        : {}),
      roster: { file: rosterFile, text: readText(path.resolve(root, rosterFile), rosterFile) },
      projectFolder: root,
    });
  } catch (error) {
    if (error instanceof PlanError) throw new pulumi.RunError(`nothing was changed:\n${error.message}`);
    throw error;
  }
}

/** The settings under `claude-fleet:`, by key; structured ones parsed from the JSON that Pulumi makes of them. */
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

function readText(file: string, shown: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : (error as Error).message;
    throw new pulumi.RunError(
      `${shown}: the roster ${why}; write it, or name another by \`pulumi config set claude-fleet:roster FILE\``,
    );
  }
}
