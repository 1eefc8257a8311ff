/** The command line of the agent, `claude-auth-sync`. */
import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { ExpectedError, problemsOf } from "../lib/expected-error.ts";
import { EXIT_USAGE } from "../contract/agent-classes.ts";
import { loadConfig } from "./config.ts";
import { realWorld } from "./real-world.ts";
import { runAgent, type Mode } from "./run.ts";

const USAGE = "usage: claude-auth-sync run|backup [--fleet FLEET]";

/** Runs the agent. @returns the exit code: see contract/agent-classes.ts */
export async function agentMain(args: readonly string[]): Promise<number> {
  process.umask(0o077);
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { fleet: { type: "string" } },
      allowPositionals: true,
    });
    const [mode, ...rest] = positionals;
    if ((mode !== "run" && mode !== "backup") || rest.length > 0) throw new ExpectedError(USAGE);
    if (values.fleet !== undefined && !/^[a-z][a-z0-9]*$/.test(values.fleet)) {
      throw new ExpectedError("--fleet takes the name of a fleet, for instance prod.");
    }
    return await run(mode, values.fleet);
  } catch (error) {
    for (const problem of problemsOf(error)) process.stderr.write(`FAIL class=usage why="${problem}"\n`);
    return EXIT_USAGE;
  }
}

async function run(mode: Mode, fleet: string | undefined): Promise<number> {
  const { username, homedir, uid } = userInfo();
  if (uid === 0)
    throw new ExpectedError("claude-auth-sync must run as the user whose login it keeps, not as root.");
  // A stop waits for the CLI. Ending the CLI in the middle of a refresh loses the login: see real-claude.ts.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  const cli = process.env["CLAUDE_FLEET_CLI"];
  const config = await loadConfig({ name: username, home: homedir }, fleet, cli === "" ? undefined : cli);
  const { exitCode } = await runAgent(realWorld(config), config, mode);
  return exitCode;
}
