/** Opens the stack that a command is about: its folder, its name and its plan. */
import path from "node:path";
import { ExpectedError } from "../../lib/expected-error.ts";
import { isMapping } from "../../lib/is-mapping.ts";
import type { FleetPlan } from "../../plan/model.ts";
import { PROJECT } from "../../plan/read-settings.ts";
import { parseYaml, plainData } from "../../plan/yaml-source.ts";
import { readPlanFiles, readSource, stackFile } from "../../program/plan-files.ts";
import type { StackOptions } from "../help.ts";
import { chooseStack, projectFolder } from "./project.ts";

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

/**
 * The plan of `stack`, as the next `pulumi up` would read it.
 * @param file its settings, where they are not in `Pulumi.<stack>.yaml`
 * @throws {ExpectedError} when the stack's file cannot be read
 * @throws PlanError with every problem of settings and roster
 */
export function readStackPlan(root: string, stack: string, file = stackFile(root, stack)): FleetPlan {
  const source = readSource(root, file);
  if (source === undefined) throw new ExpectedError(`${file} cannot be read; check its rights.`);
  // Problems of the text are found again, with their places, by the reader of the settings.
  const stackData = plainData(parseYaml(source.file, source.text));
  const config = isMapping(stackData) ? stackData["config"] : undefined;
  const prefix = `${PROJECT}:`;
  const settings = Object.entries(isMapping(config) ? config : {})
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const);
  return readPlanFiles(root, file, Object.fromEntries(settings));
}
