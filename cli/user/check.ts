/** `claude-fleet check USER`: proves a login now. */
import { answer, forUser, type UserOptions } from "./for-user.ts";

/** Runs the user's agent and streams its verdict. @returns the agent's exit code */
export function check(name: string, options: UserOptions): Promise<number> {
  return forUser(name, options, async ({ target, ask }) => {
    const run = await ask({ action: "run-agent", target });
    const words = run.lines.length === 0 ? `the run ended without a word: ${run.result}` : "";
    const paused = run.paused ? `${name} is paused: \`claude-fleet resume ${name}\` ends that` : "";
    answer(options, run, [words, paused].filter((text) => text !== "").join("\n"));
    // A run that systemd has ended, or never begun, has no exit code of the agent's.
    return run.exitCode === 0 && run.result !== "success" ? 1 : run.exitCode;
  });
}
