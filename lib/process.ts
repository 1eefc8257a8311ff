/**
 * Starts other programs. Only agent/real-claude.ts starts the Claude Code CLI by itself, because no deadline may end a CLI
 * that may refresh its login.
 */
import { execa, type Options, type ResultPromise } from "execa";
import { ExpectedError } from "./expected-error.ts";
import { printable } from "./printable.ts";
import type { Say } from "./say.ts";

const RULES = {
  // A program gets exactly the variables that its caller gives: it inherits no secret by accident.
  extendEnv: false as const,
  // How a program ended stands in the result.
  reject: false as const,
  stripFinalNewline: false as const,
  forceKillAfterDelay: false as const,
  // NODE_DEBUG=execa would print command lines.
  verbose: "none" as const,
};

/** How a program is started: execa's options, of which the environment has no default. */
export type StartOptions = Omit<Options, keyof typeof RULES | "env"> & {
  readonly env: NodeJS.ProcessEnv;
  /** Whether the program gets SIGTERM when this process exits; it does not by default. */
  readonly cleanup?: boolean;
};

/**
 * Starts a program and returns execa's subprocess: its streams, and a promise of its result.
 * The promise never rejects; {@link endOf} reads its result.
 */
export function start<T extends StartOptions>(
  program: string,
  args: readonly string[],
  options: T,
): ResultPromise<T & typeof RULES> {
  const ruled: T & typeof RULES = { cleanup: false, ...options, ...RULES };
  const child = execa(program, args, ruled);
  // Execa's stand-ins for the streams of a program that the system refuses to start would keep their readers for ever.
  if (child.pid === undefined) {
    void child.then(() => {
      for (const stream of [child.stdout, child.stderr]) if (stream && "push" in stream) stream.push(null);
    });
  }
  return child;
}

/** How a program ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was killed, and the limit with its unit. */
  readonly cut: { readonly by: "deadline" | "output"; readonly limit: string } | undefined;
  /** The system's code when the program could not be started. */
  readonly notRun: string | undefined;
  /** Why the program could not be killed, such as `EPERM`: it may still run. */
  readonly notEnded?: string | undefined;
}

/** Returns how a started program ended. What was not collected is empty. */
export function endOf(result: {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
  readonly cause?: unknown;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
}): ProcessEnd {
  const { exitCode, signal, code, cause, stdout, stderr } = result;
  const ran = exitCode !== undefined || signal !== undefined;
  return {
    code: exitCode ?? null,
    signal: signal ?? null,
    stdout: typeof stdout === "string" ? stdout : "",
    stderr: typeof stderr === "string" ? stderr : "",
    cut: undefined,
    notRun: ran ? undefined : (code ?? String(cause)),
  };
}

/** Returns a clause about how a program ended, for a sentence such as "systemctl …". */
export function describeEnd(end: ProcessEnd): string {
  if (end.notRun !== undefined) return `could not be started (${end.notRun})`;
  const unkilled = end.notEnded === undefined ? "" : ` and could not be killed (${end.notEnded})`;
  if (end.cut?.by === "deadline") return `did not end within ${end.cut.limit}${unkilled}`;
  if (end.cut?.by === "output") return `printed more than ${end.cut.limit}${unkilled}`;
  return end.signal ? `was ended by ${end.signal}` : `ended with exit code ${end.code}`;
}

/** How {@link command} runs a program. */
export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment. Default: this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Hears the last line of each piece of output. */
  readonly say?: Say;
  /** Whether the output goes where this process's own goes; then none of it is returned. */
  readonly shown?: boolean;
}

/**
 * Runs a program of the operator's machine to its end and returns its standard output. The program ends with this process.
 * @throws {ExpectedError} when the program cannot be started or fails, with the last lines of its output
 */
export async function command(
  program: string,
  args: readonly string[],
  { env = process.env, input = "", say, shown, ...options }: CommandOptions = {},
): Promise<string> {
  const output = shown ? "inherit" : "pipe";
  const child = start(program, args, {
    ...options,
    env,
    input,
    stdout: output,
    stderr: output,
    all: true,
    cleanup: true,
  });
  child.all?.on("data", (chunk: Buffer) => {
    const line = chunk.toString("utf8").trim().split("\n").at(-1);
    if (line) say?.(line);
  });
  const result = await child;
  const end = endOf(result);
  if (end.code === 0) return end.stdout;
  const lastLines = (result.all ?? "").slice(-4000).trim().split("\n").slice(-8).map(printable).join("\n  ");
  throw new ExpectedError(
    `${[program, ...args].join(" ")} ${describeEnd(end)}${lastLines ? `:\n  ${lastLines}` : "."}`,
  );
}
