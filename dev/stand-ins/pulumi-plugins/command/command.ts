// The type command:local:Command and the function command:local:run, by the table.
import { randomBytes } from "node:crypto";
import { checkInputs } from "../provider/check.ts";
import { compareValues } from "../provider/compare.ts";
import type { FunctionType, Operation, ResourceType, UpdateRequest } from "../provider/resource.ts";
import type { Table } from "../provider/table.ts";
import { containsUnknown, isList, isMap, UNKNOWN } from "../provider/value.ts";
import type { Properties, Value } from "../provider/value.ts";
import { commandTable, ID_DIGITS, runTable } from "./table.ts";
import { run } from "./run.ts";
import type { RunRequest, RunResult } from "./run.ts";
import { formatPath } from "../provider/paths.ts";

/** command:local:Command. There is nothing to read back: what a command did is known only to its own output. */
export const commandResource: ResourceType = {
  secretOutputs: [],

  check: (_name, news) => ({ inputs: news, failures: checkInputs(commandTable, news) }),

  diff({ state, oldInputs, inputs, ignoreChanges }) {
    const wanted = withIgnored(inputs, state, ignoreChanges);
    const changes = compareValues(oldInputs, wanted).map((change) => ({
      ...change,
      // The whole property came or went; for its elements the SDK asks the engine to replace.
      replaces: commandTable.properties[formatPath(change.path)]?.replaces === true,
    }));
    return { changes, deleteBeforeReplace: false };
  },

  previewCreate: (operation, inputs) => ({
    id: newId(operation.name),
    outputs: { ...inputs, stdout: UNKNOWN, stderr: UNKNOWN },
  }),

  async create(operation, inputs) {
    const command = text(inputs["create"]);
    const result = command === undefined ? EMPTY : await runWith(operation, command, inputs, EMPTY);
    return { id: newId(operation.name), outputs: { ...inputs, ...result } };
  },

  previewUpdate(request) {
    const inputs = wantedInputs(request);
    const changed = Object.keys(commandTable.properties).some((key) => {
      if (commandTable.properties[key]?.outputOnly === true) return false;
      const before = request.state[key];
      return inputs[key] === UNKNOWN || (before !== undefined && !isEqual(before, inputs[key]));
    });
    return { ...inputs, ...(changed ? { stdout: UNKNOWN, stderr: UNKNOWN } : previous(request.state)) };
  },

  async update(operation, request) {
    const inputs = wantedInputs(request);
    const before = previous(request.state);
    const command = text(inputs["update"]) ?? text(inputs["create"]);
    const result = command === undefined ? before : await runWith(operation, command, inputs, before);
    return { id: request.id, outputs: { ...inputs, ...result } };
  },

  read: (_operation, { id, state, inputs }) => Promise.resolve({ id, outputs: state, inputs }),

  async delete(operation, { outputs }) {
    const command = text(outputs["delete"]);
    if (command !== undefined) await runWith(operation, command, outputs, previous(outputs));
  },
};

/** command:local:run. */
export const runFunction: FunctionType = {
  check: (args) => checkInputs(runTable, args),
  async call(operation, args) {
    const result = await runWith(operation, text(args["command"]) ?? "", args, EMPTY);
    return { ...args, ...result };
  },
};

/** Outputs as properties. */
type Output = RunResult & Record<string, string>;

const EMPTY: Output = { stdout: "", stderr: "" };

async function runWith(
  operation: Operation,
  command: string,
  inputs: Properties,
  before: RunResult,
): Promise<Output> {
  const result = await run(operation, requestOf(command, inputs, before));
  return { stdout: result.stdout, stderr: result.stderr };
}

/** What is run, from a resource's or a function's inputs. */
export function requestOf(command: string, inputs: Properties, before: RunResult): RunRequest {
  const interpreter = inputs["interpreter"];
  const environment = inputs["environment"];
  const addPrevious = inputs["addPreviousOutputInEnv"] !== false;
  return {
    command,
    interpreter: isList(interpreter) ? interpreter.map(String) : undefined,
    dir: text(inputs["dir"]),
    stdin: text(inputs["stdin"]),
    logging: loggingOf(inputs["logging"]),
    environment: {
      ...(isMap(environment) ? Object.fromEntries(Object.entries(environment).map(toText)) : {}),
      ...(addPrevious && before.stdout !== "" ? { PULUMI_COMMAND_STDOUT: before.stdout } : {}),
      ...(addPrevious && before.stderr !== "" ? { PULUMI_COMMAND_STDERR: before.stderr } : {}),
    },
  };
}

/** As the official plugin, which takes any text and shows nothing for one that it does not know. */
function loggingOf(value: Value | undefined): RunRequest["logging"] {
  if (value === undefined) return "stdoutAndStderr";
  return value === "stdout" || value === "stderr" || value === "stdoutAndStderr" ? value : "none";
}

function toText([key, value]: [string, Value]): [string, string] {
  if (typeof value !== "string") throw new Error(`environment.${key} is not text.`);
  return [key, value];
}

function wantedInputs({ inputs, state, ignoreChanges }: UpdateRequest): Properties {
  return withIgnored(inputs, state, ignoreChanges);
}

/** The official library takes ignored top-level properties from the state; nested paths the engine resets itself. */
function withIgnored(inputs: Properties, state: Properties, ignoreChanges: readonly string[]): Properties {
  const kept: Record<string, Value> = { ...inputs };
  for (const name of ignoreChanges) {
    const value = state[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

function previous(state: Properties): Output {
  return { stdout: text(state["stdout"]) ?? "", stderr: text(state["stderr"]) ?? "" };
}

function newId(name: string): string {
  return name + randomBytes(ID_DIGITS / 2).toString("hex");
}

function text(value: Value | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isEqual(left: Value, right: Value | undefined): boolean {
  if (right === undefined || containsUnknown(right)) return false;
  return compareValues({ value: left }, { value: right }).length === 0;
}

/** The tables of this plugin, for the tests. */
export const tables: readonly Table[] = [commandTable, runTable];
