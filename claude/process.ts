/** The Claude Code CLI as a process: how it is asked, how it ends, and how it is recognised later. */

/** A process that cannot be mistaken for another: its number, and when the kernel started it. */
export interface ProcessMark {
  readonly pid: number;
  readonly startTicks: string;
}

/** One question to the CLI. */
export interface ClaudeQuestion {
  /** Absolute path of the CLI. */
  readonly path: string;
  /** Folder in which it keeps its login instead of `~/.claude`; undefined: the home's. */
  readonly configFolder: string | undefined;
}

/** How a CLI ended. `late`: it lives on. */
export type ClaudeEnd =
  | {
      readonly kind: "ended";
      readonly code: number | null;
      readonly signal: string | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly kind: "late" };

/** A CLI that was started and has not been waited for. */
export interface RunningClaude {
  /** Null when it ended before it could be looked at. */
  readonly mark: ProcessMark | null;
  /** Waits at most so long. The CLI is never signalled. To be called once. */
  end(waitMs: number): Promise<ClaudeEnd>;
}

/** The Claude Code CLI. */
export interface Claude {
  /** The user's CLI; undefined when there is none. */
  find(): Promise<string | undefined>;
  version(path: string): Promise<{ readonly version: string } | { readonly why: string }>;
  /** Asks for one real inference; `why` when the CLI could not be started. */
  start(question: ClaudeQuestion): Promise<RunningClaude | { readonly why: string }>;
  /** Whether that very process lives. */
  lives(mark: ProcessMark): Promise<boolean>;
  /** CLIs of this user that earlier runs of the agent have started and that still live. */
  leftBehind(): Promise<readonly ProcessMark[]>;
}
