/** The command line of the agent, `claude-auth-sync`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { ExpectedError, problemsOf } from "../lib/expected-error.ts";
import { EXIT_USAGE } from "../contract/agent-classes.ts";
import { PAUSE_FOLDER } from "../contract/user-run.ts";
import { ETC, loadConfig, type Person } from "./config.ts";
import { agentRuns, now } from "./now.ts";
import { realWorld } from "./real-world.ts";
import { runAgent, type Mode } from "./run.ts";

const USAGE = "usage: claude-auth-sync now|run|backup [--fleet FLEET]";

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
    if (!isCommand(mode) || rest.length > 0) throw new ExpectedError(USAGE);
    if (values.fleet !== undefined && !/^[a-z][a-z0-9]*$/.test(values.fleet)) {
      throw new ExpectedError("--fleet takes the name of a fleet, for instance prod.");
    }
    return await start(mode, values.fleet);
  } catch (error) {
    for (const problem of problemsOf(error)) process.stderr.write(`FAIL class=usage why="${problem}"\n`);
    return EXIT_USAGE;
  }
}

type Command = Mode | "now";

function isCommand(word: string | undefined): word is Command {
  return word === "now" || word === "run" || word === "backup";
}

async function start(mode: Command, fleet: string | undefined): Promise<number> {
  const { username, homedir, uid } = userInfo();
  if (uid === 0)
    throw new ExpectedError("claude-auth-sync must run as the user whose login it keeps, not as root.");
  if (mode === "now") return askForRun({ name: username, home: homedir }, fleet);
  // A stop waits for the CLI. Ending the CLI in the middle of a refresh loses the login: see real-claude.ts.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  const cli = process.env["CLAUDE_FLEET_CLI"];
  const config = await loadConfig({ name: username, home: homedir }, fleet, cli === "" ? undefined : cli);
  const { exitCode } = await runAgent(realWorld(config), config, mode);
  return exitCode;
}

/** Asks systemd's side for a run and prints its line. @throws {ExpectedError} when the host does not renew the user, or not now */
async function askForRun(person: Person, fleet: string | undefined): Promise<number> {
  const config = await loadConfig(person, fleet, undefined);
  const marker = join(ETC.folder, config.fleet, PAUSE_FOLDER, config.user);
  if (existsSync(marker)) {
    throw new ExpectedError(
      `An operator has paused ${config.user} (${marker} says who and why). The operator ends that with \`npx claude-fleet resume ${config.user}\`.`,
    );
  }
  const progress = (sentence: string) => process.stderr.write(`${sentence}\n`);
  const { line, exitCode } = await now({ ...realWorld(config), agentRuns, progress }, config);
  process.stdout.write(`${line}\n`);
  return exitCode;
}
