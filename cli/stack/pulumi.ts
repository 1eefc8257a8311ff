/** Runs `pulumi up` of one token's resources in the project's folder. */
import { createInterface } from "node:readline";
import { ExpectedError } from "../../lib/expected-error.ts";
import { endOf, start } from "../../lib/process.ts";
import { ROLLOUT_ONLY_VARIABLE } from "../../contract/command-input.ts";

/** How a run ended, and the end of what it said. */
export interface PulumiEnd {
  readonly code: number;
  readonly lines: readonly string[];
}

const KEPT_LINES = 200;

/** Its output to the terminal is the person's own. @returns its exit code */
export async function runPulumi(root: string, args: readonly string[]): Promise<number> {
  return codeOf(await start("npx", ["pulumi", ...args], { cwd: root, stdio: "inherit", env: environment() }));
}

/** The same for who listens: `hear` gets each line. A signal ends it as Ctrl-C does, and it is waited for. */
export async function hearPulumi(
  root: string,
  args: readonly string[],
  hear: (line: string) => void,
  signal: AbortSignal,
): Promise<PulumiEnd> {
  const child = start("npx", ["pulumi", ...args, "--non-interactive", "--color", "never"], {
    cwd: root,
    stdin: "ignore",
    buffer: false,
    env: environment(),
    // In this process's group it would get a terminal's Ctrl-C twice, and the second one ends it at once.
    detached: true,
  });
  const stop = () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
  };
  signal.addEventListener("abort", stop);
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input, crlfDelay: Infinity }).on("line", (line) => {
      if (line.trim() === "") return;
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      hear(line);
    });
  }
  const code = codeOf(await child);
  signal.removeEventListener("abort", stop);
  return { code, lines };
}

/** GitHub's token is for the comment alone: neither the program nor its plugins have it. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => name !== "GH_TOKEN" && name !== "GITHUB_TOKEN");
  return { ...Object.fromEntries(own), [ROLLOUT_ONLY_VARIABLE]: "true" };
}

function codeOf(result: Parameters<typeof endOf>[0]): number {
  const { code, notRun } = endOf(result);
  if (notRun === undefined) return code ?? 1;
  throw new ExpectedError(`npx could not be started (${notRun}); install Node with npm.`);
}
