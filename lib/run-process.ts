/** Runs a program within limits: a deadline, and a cap on its output. */
import { createInterface } from "node:readline";
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
  /** Hears each line of both outputs. Then no output is returned. */
  readonly hear?: (line: string) => void;
}

/** Milliseconds after a program's end in which its children may still write to its output. */
const GRANDCHILD_MS = 500;
/** Milliseconds after the kill in which a program must have ended. A call to a dead file server may outlast a kill. */
const KILLED_MS = 5000;

/**
 * Runs a program to its end, within limits. Never rejects, and never waits longer than the deadline and
 * {@link KILLED_MS}. The program leads a process group of its own, so that its children are killed with it. Children that
 * outlive the program delay nothing, whichever of its pipes they hold.
 */
export async function runProcess(
  program: string,
  args: readonly string[],
  { cwd = "/", input = "", extraInput, deadlineMs, maxOutputBytes, hear, ...options }: ProcessOptions,
): Promise<ProcessEnd> {
  const child = start(program, args, {
    ...options,
    cwd,
    input,
    detached: true,
    buffer: false,
    stdio: ["pipe", "pipe", "pipe", ...(extraInput ? [extraInput] : [])],
  });
  const { pid } = child;
  if (pid === undefined) return endOf(await child);

  let cut: ProcessEnd["cut"];
  let code: number | null = null;
  let signal: string | null = null;
  let notEnded: string | undefined = "it outlives SIGKILL";
  const timers: NodeJS.Timeout[] = [];
  const texts = [new Array<Buffer>(), new Array<Buffer>()];
  await new Promise<void>((settle) => {
    const after = (milliseconds: number, task: () => void) => {
      const timer = setTimeout(task, milliseconds);
      timers.push(timer);
      return timer;
    };
    const kill = (reason: NonNullable<ProcessEnd["cut"]>) => {
      if (cut !== undefined) return;
      cut = reason;
      after(KILLED_MS, settle);
      void killGroup(pid, options).then((refusal) => (notEnded = refusal ?? notEnded));
    };
    const late = () => kill({ by: "deadline", limit: `${deadlineMs / 1000} s` });
    const deadline = after(deadlineMs, late);
    const ended = [child.stdout, child.stderr].map((stream, index) => {
      if (hear !== undefined) createInterface({ input: stream, crlfDelay: Infinity }).on("line", hear);
      let left = maxOutputBytes;
      stream.on("data", (chunk: Buffer) => {
        if (hear === undefined) texts[index]?.push(chunk.subarray(0, left));
        left -= chunk.length;
        if (left >= 0) return;
        // The rest of a flood is not read while the kill takes effect.
        stream.destroy();
        kill({ by: "output", limit: `${maxOutputBytes} bytes` });
      });
      return new Promise((resolve) => stream.once("close", resolve));
    });
    child.once("exit", (exitCode, exitSignal) => {
      clearTimeout(deadline);
      [code, signal, notEnded] = [exitCode, exitSignal, undefined];
      after(GRANDCHILD_MS, settle);
      void Promise.all(ended).then(() => settle());
    });
  });
  for (const timer of timers) clearTimeout(timer);
  // What a leftover holds must not keep this process alive.
  for (const stream of child.stdio) stream?.destroy();
  child.unref();
  const [stdout = "", stderr = ""] = texts.map((chunks) => Buffer.concat(chunks).toString("utf8"));
  return { code, signal, stdout, stderr, cut, notRun: undefined, notEnded };
}

/**
 * Kills a process group. Root without CAP_KILL may not signal another user's process; then a process of that user does it.
 * @returns the system's code when the group could not be signalled
 */
async function killGroup(
  pid: number,
  owner: Pick<ProcessOptions, "uid" | "gid">,
): Promise<string | undefined> {
  try {
    process.kill(-pid, "SIGKILL");
    return undefined;
  } catch (error) {
    if (errorCode(error) === "ESRCH") return undefined;
    if (owner.uid === undefined) return errorCode(error);
    const killer = start("/bin/sh", ["-c", `kill -KILL -${pid}`], { ...owner, env: {}, stdio: "ignore" });
    killer.unref();
    return (await killer).exitCode === 0 ? undefined : errorCode(error);
  }
}
