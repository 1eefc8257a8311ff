/** Reads the stack's settings and the roster, and turns them into the plan; errors are sentences without a stack. */
import { readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { loadPlan, namedFiles, type SourceFile } from "../plan/load.ts";
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
  const files = namedFiles(settings, root);
  const roster = readSource(root, files.roster);
  if (roster === undefined) {
    throw new pulumi.RunError(
      `${path.relative(root, files.roster)}: the roster cannot be read; write it, or name another by \`pulumi config set claude-fleet:roster FILE\``,
    );
  }
  try {
    const plan = loadPlan({
      settings,
      settingsSource: readSource(root, path.join(root, `Pulumi.${pulumi.getStack()}.yaml`)),
      roster,
      ca: files.ca === undefined ? undefined : readSource(root, files.ca),
      projectFolder: root,
    });
    refuseCompose(plan);
    return plan;
  } catch (error) {
    if (error instanceof PlanError) throw new pulumi.RunError(`nothing was changed:\n${error.message}`);
    throw error;
  }
}

/** Better no rollout than one by another driver than the settings ask for. */
function refuseCompose({ tokens }: FleetPlan): void {
  const token = tokens.find(({ driver }) => driver.kind === "compose");
  if (token === undefined) return;
  throw new pulumi.RunError(
    `nothing was changed: claude-fleet:tokens.${token.name}.driver is compose, which this version does not roll out; write \`driver: docker\` and describe the containers in the settings.`,
  );
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

/** The file as messages should name it, or undefined when it cannot be read. */
function readSource(root: string, file: string): SourceFile | undefined {
  try {
    return { file: path.relative(root, file) || file, text: readFileSync(file, "utf8") };
  } catch {
    return undefined;
  }
}
