/** `npm run -s dev:env`: what makes a shell, or another program, speak to the environment. */
import { shellWord } from "../lib/shell-words.ts";
import { devEnvironment, type DevEnvironment } from "./environment.ts";
import { MISLEADING_VARIABLES } from "./misleading.ts";

/** Lines for `eval` in any POSIX shell. @throws {ExpectedError} when the environment is not up */
export async function shellLines(): Promise<string> {
  const environment = await devEnvironment();
  const variables = Object.entries(variablesOf(environment)).filter(([name]) => name !== "PATH");
  // The shell's own PATH, not the one that npm gives its scripts.
  const path = `export PATH=${environment.programs.map(shellWord).join(":")}:"$PATH"\n`;
  return renderShellLines(Object.fromEntries(variables), MISLEADING_VARIABLES) + path;
}

/** The same variables as one JSON object; its PATH is whole. @throws {ExpectedError} when the environment is not up */
export async function jsonVariables(): Promise<string> {
  return `${JSON.stringify(variablesOf(await devEnvironment()), undefined, 2)}\n`;
}

function variablesOf(environment: DevEnvironment): Readonly<Record<string, string>> {
  return {
    ...environment.variables,
    DEV_WORKSTATION_SSH: environment.workstationSsh.join(" "),
    DEV_TOKEN_FILE: environment.tokenFile,
    DEV_API_CONTROL: environment.controlUrl,
  };
}

/** `export NAME=value`, quoted where it must be, for each variable, and one `unset`. */
export function renderShellLines(
  variables: Readonly<Record<string, string>>,
  unset: readonly string[],
): string {
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${shellWord(value)}\n`);
  return `unset ${unset.join(" ")}\n${exports.join("")}`;
}
