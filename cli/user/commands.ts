/** `claude-fleet check|login|pause|resume USER`: what an operator does about one user's login. */
import { hostname, userInfo } from "node:os";
import type { Command } from "commander";
import { loginCommand } from "../../claude/login-command.ts";
import { parseDuration } from "../../lib/duration.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import {
  addHelpEnd,
  DONE_OR_FAILED,
  INTERRUPTED,
  jsonOption,
  stackOption,
  type ExitMeaning,
} from "../help.ts";
import { agentExits } from "../../plan/agent-exits.ts";
import { exitCodeOf } from "../problems.ts";
import { forUser, printAnswer, type UserOptions } from "./for-user.ts";

const STOPPED: ExitMeaning = [
  INTERRUPTED,
  "Ctrl-C ended the wait; a run that has begun goes on, on the host",
];
const EXITS = [...DONE_OR_FAILED, STOPPED];

/** Adds the commands. */
export function addUserCommands(program: Command): void {
  const add = (name: string, description: string) =>
    program
      .command(name)
      .argument("<user>", "the OS user, as the roster names it")
      .description(description)
      .addOption(stackOption())
      .addOption(jsonOption());

  addHelpEnd(
    add("check", "prove a user's login now").action(exitCodeOf(check)),
    ["claude-fleet check alice", "claude-fleet check alice --stack prod --json"],
    [[0, "proven, or nothing to prove"], [1, "the host could not be asked"], ...agentExits(), STOPPED],
  );
  addHelpEnd(
    add("login", "show a user how to log in, and wait until the login is proven")
      .option("--timeout <duration>", "how long to wait, at most 24h", "30m")
      .action(exitCodeOf(login)),
    ["claude-fleet login alice", "claude-fleet login alice --timeout 2h"],
    EXITS,
  );
  addHelpEnd(
    add("pause", "stop a user's renewal until it is resumed; a run that has begun continues")
      .option("--reason <text>", "why, for everybody who finds the user paused", "")
      .action(exitCodeOf(pause)),
    ['claude-fleet pause alice --reason "moves to another host"'],
    EXITS,
  );
  addHelpEnd(
    add("resume", "renew a paused user again").action(exitCodeOf(resume)),
    ["claude-fleet resume alice"],
    EXITS,
  );
}

/** Runs the user's agent and prints its verdict. @returns the agent's exit code */
function check(name: string, options: UserOptions): Promise<number> {
  return forUser(name, options, async ({ target, ask }) => {
    const run = await ask({ action: "run-agent", target });
    const silent = run.lines.length === 0 ? [`The run printed nothing; systemd says: ${run.result}.`] : [];
    const paused = run.paused ? [`${name} is paused. To end that: \`claude-fleet resume ${name}\`.`] : [];
    printAnswer(options, run, [...silent, ...paused].join("\n"));
    // A run that systemd has ended, or never started, has no exit code of the agent.
    return run.exitCode === 0 && run.result !== "success" ? 1 : run.exitCode;
  });
}

function login(name: string, options: UserOptions & { readonly timeout: string }): Promise<number> {
  return forUser(name, options, async ({ user, workstation, host, target, ask }) => {
    const timeoutSeconds = parseDuration(options.timeout) ?? 0;
    if (timeoutSeconds < 1 || timeoutSeconds > 86_400) {
      throw new ExpectedError(`--timeout takes a duration up to 24h, such as 30m, not "${options.timeout}".`);
    }
    // Standard error: a person sees it even where the answer goes into a pipe.
    process.stderr.write(
      `As ${user.name} on ${workstation.name} (${host}), type:\n\n    ${loginCommand(user.email)}\n\n`,
    );
    const { run } = await ask({ action: "await-login", target, timeoutSeconds });
    printAnswer(options, run, `${user.name} is logged in on ${workstation.name}.`);
    return 0;
  });
}

function pause(name: string, options: UserOptions & { readonly reason: string }): Promise<number> {
  return forUser(name, options, async ({ workstation, target, ask }) => {
    const by = `${userInfo().username}@${hostname()}`;
    const result = await ask({ action: "pause", target, by, reason: options.reason });
    const already = result.changed ? "" : " already";
    const marker = result.paused;
    const why = marker === null || marker.reason === "" ? "" : ` (${marker.reason})`;
    const since = marker === null ? "" : `, since ${marker.at || "an unknown time"} by ${marker.by}${why}`;
    printAnswer(options, result, `${name} is${already} paused on ${workstation.name}${since}.`);
    return 0;
  });
}

function resume(name: string, options: UserOptions): Promise<number> {
  return forUser(name, options, async ({ workstation, target, ask }) => {
    const result = await ask({ action: "resume", target });
    const words = result.changed ? "is renewed again" : "was not paused";
    printAnswer(options, result, `${name} ${words} on ${workstation.name}.`);
    return 0;
  });
}
