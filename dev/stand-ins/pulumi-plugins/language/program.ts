// Runs a Pulumi program for the engine, and tells it how that ended.
import languagepb from "@pulumi/pulumi/proto/language_pb.js";
import type { RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { locate, startNode } from "./children.ts";
import { optionEnvironment, readOptions } from "./options.ts";

/** The exit code by which a program says that it has already told the user what is wrong. */
const ALREADY_TOLD = 32;

/** The setting that allows the stand-ins to run a stack, and the value that it must have. */
const STAND_IN_SETTING = { key: "claude-fleet-dev:plugins", value: "stand-in" } as const;

/** The name that this setting had in stacks of earlier versions. */
const EARLIER_KEY = "claude-fleet:plugins";

/**
 * Runs the program of a stack to its end.
 * https://github.com/pulumi/pulumi/blob/v3.259.0/sdk/nodejs/cmd/pulumi-language-nodejs/main.go (Run)
 */
export async function runProgram(request: RunRequest, engineAddress: string): Promise<RunResponse> {
  const response = new languagepb.RunResponse();
  const refusal = refuse(request);
  if (refusal !== undefined) {
    response.setError(refusal);
    return response;
  }
  const options = readOptions(request.getInfo()?.getOptions());
  const { exit } = startNode([...options.nodeargs, ...programArguments(request, engineAddress)], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...optionEnvironment(options), ...configEnvironment(request) },
  });
  const { code, signal } = await exit;
  if (code === ALREADY_TOLD) response.setBail(true);
  else if (signal !== null) response.setError(`Program ended by ${signal}`);
  else if (code !== 0) response.setError(`Program exited with non-zero exit code: ${String(code)}`);
  return response;
}

/**
 * Returns why the stand-ins do not run this stack; undefined when they may. Their outputs differ from those of the
 * official plugins. A state belongs to one kind of plugins for good.
 */
export function refuse(request: RunRequest): string | undefined {
  const { key, value } = STAND_IN_SETTING;
  const config = request.getConfigMap();
  const found = config.get(key) ?? config.get(EARLIER_KEY);
  if (found === value) return undefined;
  const observed = found === undefined ? "does not set it" : `has ${JSON.stringify(found)}`;
  return (
    `Stack ${request.getStack()} is not for the stand-in plugins: ${key} must be ${JSON.stringify(value)}, ` +
    `and Pulumi.${request.getStack()}.yaml ${observed}. Use the official Pulumi CLI for it; a state made by one kind of plugins must never be used with the other.`
  );
}

/** The arguments of `@pulumi/pulumi/cmd/run`. */
function programArguments(request: RunRequest, engineAddress: string): string[] {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() ?? request.getPwd();
  const named: [string, string | undefined][] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engineAddress],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info?.getRootDirectory()],
    ["stack", request.getStack()],
    ["pwd", folder],
    ["parallel", String(request.getParallel())],
  ];
  const given = named.filter(([, value]) => value !== undefined && value !== "");
  return [
    locate("@pulumi/pulumi/cmd/run", folder),
    ...given.flatMap(([name, value]) => [`--${name}`, value ?? ""]),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() ?? ".",
    ...request.getArgsList(),
  ];
}

/** The stack's configuration as the SDK reads it: `project:config:name`. */
function configEnvironment(request: RunRequest): Record<string, string> {
  const config: Record<string, string> = {};
  for (const [key, value] of request.getConfigMap().entries()) {
    const colon = key.indexOf(":");
    config[`${key.slice(0, colon)}:config:${key.slice(colon + 1)}`] = value;
  }
  return {
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}
