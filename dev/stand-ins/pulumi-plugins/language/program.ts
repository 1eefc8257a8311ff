// Runs a Pulumi program for the engine, and tells it how that ended.
import languagepb from "@pulumi/pulumi/proto/language_pb.js";
import type { RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { locate, startNode } from "./children.ts";
import { optionEnvironment, readOptions } from "./options.ts";

/** The exit code by which a program says that it has already told the user what is wrong. */
const ALREADY_TOLD = 32;

/** The setting by which a stack says that it was made with the stand-ins, and the value it must have. */
const MARK = { key: "claude-fleet:plugins", value: "stand-in" } as const;

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

/** Why a stack is not run here, or undefined: the outputs of stand-ins and of official plugins are not the same. */
export function refuse(request: RunRequest): string | undefined {
  const value = request.getConfigMap().get(MARK.key);
  if (value === MARK.value) return undefined;
  const found = value === undefined ? "does not set it" : `has ${JSON.stringify(value)}`;
  return (
    `Stack ${request.getStack()} is not for the stand-in plugins: ${MARK.key} must be ${JSON.stringify(MARK.value)}, ` +
    `and Pulumi.${request.getStack()}.yaml ${found}. Use the official Pulumi CLI for it; a state made by one kind of plugins must never be used with the other.`
  );
}

/** The arguments of `@pulumi/pulumi/cmd/run`. */
export function programArguments(request: RunRequest, engineAddress: string): string[] {
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
export function configEnvironment(request: RunRequest): Record<string, string> {
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
