/** `npm run -s dev:env`: shell lines that make a shell speak to the environment. */
import { shellWord } from "../plan/shell.ts";
import { devEnvironment } from "./environment.ts";
import { MISLEADING_VARIABLES } from "./misleading.ts";

/** Lines for `eval` in any POSIX shell. @throws {ExpectedError} when the environment is not up */
export async function shellLines(): Promise<string> {
  const environment = await devEnvironment();
  // The shell's own PATH, not the one that npm gives its scripts.
  const path = `export PATH=${environment.programs.map(shellWord).join(":")}:"$PATH"\n`;
  const variables = {
    ...Object.fromEntries(Object.entries(environment.variables).filter(([name]) => name !== "PATH")),
    DEV_WORKSTATION_SSH: environment.workstationSsh.join(" "),
    DEV_TOKEN_FILE: environment.tokenFile,
    DEV_API_CONTROL: environment.controlUrl,
  };
  return renderShellLines(variables, MISLEADING_VARIABLES) + path;
}

/** `export NAME=value`, quoted where it must be, for each variable, and one `unset`. */
export function renderShellLines(
  variables: Readonly<Record<string, string>>,
  unset: readonly string[],
): string {
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${shellWord(value)}\n`);
  return `unset ${unset.join(" ")}\n${exports.join("")}`;
}
