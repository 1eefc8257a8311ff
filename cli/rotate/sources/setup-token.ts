/**
 * Runs `claude setup-token` in a wide pseudo-terminal. At 80 columns the CLI wraps the token and loses a character. Node has
 * no pseudo-terminal, so script(1) of util-linux or BSD provides it.
 */
import { readFile, rm } from "node:fs/promises";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { describeEnd, endOf, start, type ProcessEnd } from "../../../lib/process.ts";
import { writeFileAtomic } from "../../../lib/atomic-file.ts";
import { shellWord } from "../../../lib/shell-words.ts";
import { claudeEnvironment } from "../claude-environment.ts";
import type { RotationFolder } from "../journal.ts";

const COLUMNS = 320;

/** Returns what the command printed. The recording lies in the rotation's private folder, and is removed at the end. */
export async function runSetupToken(claude: string, folder: RotationFolder): Promise<string> {
  const recording = await folder.place("setup-token.typescript");
  // The file exists before script(1) starts, so that script(1) does not create it with other rights.
  await writeFileAtomic(recording, "", { mode: 0o600 });
  try {
    const end = await runOnTerminal(scriptCommand(process.platform, claude, recording));
    const text = await readFile(recording, "utf8");
    if (end.code === 0) return text;
    throw new ExpectedError(
      `\`claude setup-token\` ${describeEnd(end)}. Its output stands above. Nothing was changed.`,
    );
  } finally {
    await rm(recording, { force: true });
  }
}

/** Returns the command that runs the CLI in a wide terminal and records its output. */
export function scriptCommand(
  platform: NodeJS.Platform,
  claude: string,
  recording: string,
  columns = COLUMNS,
): readonly [string, ...string[]] {
  const inner = `stty cols ${columns} rows 50; exec ${shellWord(claude)} setup-token`;
  if (platform === "linux") {
    return ["script", "--quiet", "--return", "--command", `/bin/sh -c ${shellWord(inner)}`, recording];
  }
  return ["script", "-q", recording, "/bin/sh", "-c", inner];
}

async function runOnTerminal([program, ...args]: readonly [string, ...string[]]): Promise<ProcessEnd> {
  const end = endOf(await start(program, args, { stdio: "inherit", env: claudeEnvironment(process.env) }));
  if (end.notRun === undefined) return end;
  throw new ExpectedError(
    `${program} could not be started (${end.notRun}). Install the package util-linux (bsdutils), or give a token by --source stdin.`,
  );
}
