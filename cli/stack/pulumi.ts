/** Runs `pulumi up` of one token's resources in the project's folder. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ExpectedError } from "../../lib/expected-error.ts";
import { ROLLOUT_ONLY } from "../../program/rollout-only.ts";

/** How a run ended, and the end of what it said. */
export interface PulumiEnd {
  readonly code: number;
  readonly lines: readonly string[];
}

const KEPT_LINES = 200;

/** Its output to the terminal is the person's own. @returns its exit code */
export function runPulumi(root: string, args: readonly string[]): Promise<number> {
  const child = spawn("npx", ["pulumi", ...args], { cwd: root, stdio: "inherit", env: environment() });
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(notStarted(error)));
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/** The same for who listens: `hear` gets each line. A signal ends it as Ctrl-C does, and it is waited for. */
export function hearPulumi(
  root: string,
  args: readonly string[],
  hear: (line: string) => void,
  signal: AbortSignal,
): Promise<PulumiEnd> {
  const child = spawn("npx", ["pulumi", ...args, "--non-interactive", "--color", "never"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: environment(),
    // Of a terminal's Ctrl-C it would hear twice, once from here, and a second one ends it at once.
    detached: true,
  });
  const stop = () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
  };
  signal.addEventListener("abort", stop);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => {
      if (line.trim() === "") return;
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      hear(line);
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(notStarted(error)));
    child.on("close", (code) => {
      signal.removeEventListener("abort", stop);
      resolve({ code: code ?? 1, lines });
    });
  });
}

/** GitHub's token is for the comment alone: neither the program nor its plugins have it. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => name !== "GH_TOKEN" && name !== "GITHUB_TOKEN");
  return { ...Object.fromEntries(own), [ROLLOUT_ONLY]: "true" };
}

function notStarted(error: Error): ExpectedError {
  return new ExpectedError(`npx could not be started (${error.message}); install Node with npm.`);
}
