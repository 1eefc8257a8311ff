/** Runs a program within limits: a deadline, and a cap on its output. */
import { errorCode } from "./expected-error.ts";
import { endOf, start, type ProcessEnd } from "./process.ts";

/** How {@link runProcess} runs a program. */
export interface ProcessOptions {
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Default: the root folder. */
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Written to standard input, which is then closed. */
  readonly input?: string | Uint8Array;
  /** Written to file descriptor 3, which is then closed. */
  readonly extraInput?: Uint8Array;
  /** Milliseconds until the program's process group is killed. */
  readonly deadlineMs: number;
  /** Bytes of standard output, and of standard error, beyond which the process group is killed. */
  readonly maxOutputBytes: number;
}

/** Milliseconds after a program's end in which its children may still write to its output. */
const GRANDCHILD_MS = 500;

/**
 * Runs a program to its end, within limits. Never rejects. The program leads a process group of its own, so that its
 * children are killed with it.
 */
export async function runProcess(
  program: string,
  args: readonly string[],
  { cwd = "/", input = "", extraInput, deadlineMs, maxOutputBytes, ...options }: ProcessOptions,
): Promise<ProcessEnd> {
  const child = start(program, args, {
    ...options,
    cwd,
    input,
    detached: true,
    maxBuffer: maxOutputBytes,
    stdio: ["pipe", "pipe", "pipe", ...(extraInput ? [extraInput] : [])],
  });
  const release = () => [child.stdout, child.stderr].map((stream) => stream.destroy());
  let cut: ProcessEnd["cut"];
  let giveUp: (code: string) => void;
  const unkilled = new Promise<string>((resolve) => (giveUp = resolve));
  const kill = (reason: NonNullable<ProcessEnd["cut"]>) => {
    cut ??= reason;
    const failure = killGroup(child.pid);
    if (failure !== undefined) giveUp(failure);
  };
  const deadline = setTimeout(() => kill("deadline"), deadlineMs);
  for (const stream of [child.stdout, child.stderr]) {
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxOutputBytes) kill("output");
    });
  }
  // A grandchild that holds the pipes open must not hold the caller.
  child.once("exit", () => setTimeout(release, GRANDCHILD_MS));
  const result = await Promise.race([child, unkilled]);
  clearTimeout(deadline);
  if (typeof result !== "string") return { ...endOf(result), cut };
  release();
  child.unref();
  return { code: null, signal: null, stdout: "", stderr: "", cut, notRun: undefined, notEnded: result };
}

/** Kills a process group. Returns the system's code when that failed; undefined when the group has no process left. */
function killGroup(pid: number | undefined): string | undefined {
  if (pid === undefined) return undefined;
  try {
    process.kill(-pid, "SIGKILL");
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    return code === "ESRCH" ? undefined : code;
  }
}
