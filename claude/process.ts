/** The Claude Code CLI as a process: how it is started, how it ends, and how it is recognised later. */

/** Identifies one process: its number, and when the kernel started it. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

/** One start of the CLI. */
export interface ClaudeQuestion {
  /** Absolute path of the CLI. */
  readonly path: string;
  /** Folder with the login; undefined: `~/.claude`. */
  readonly configFolder: string | undefined;
}

/** How a CLI ended. `late`: it is still running. */
export type ClaudeEnd =
  | {
      readonly kind: "ended";
      readonly code: number | null;
      readonly signal: string | null;
      readonly stdout: string;
      readonly stderr: string;
    }
  | { readonly kind: "late" };

/** A CLI that was started. */
export interface RunningClaude {
  /** Null when the process ended before it could be read. */
  readonly process: ProcessIdentity | null;
  /** Waits at most `waitMs` milliseconds, and never signals the CLI. Must be called once. */
  end(waitMs: number): Promise<ClaudeEnd>;
}

/** The Claude Code CLI of one user. */
export interface Claude {
  /** Returns the CLI's path; undefined when there is none. */
  find(): Promise<string | undefined>;
  version(path: string): Promise<{ readonly version: string } | { readonly why: string }>;
  /** Starts one real inference; `why` when the CLI could not be started. */
  start(question: ClaudeQuestion): Promise<RunningClaude | { readonly why: string }>;
  /** Whether that process is alive. */
  lives(process: ProcessIdentity): Promise<boolean>;
  /** Returns this user's living processes that come from runs of the agent: CLIs, and what CLIs have started. */
  leftBehind(): Promise<readonly ProcessIdentity[]>;
}
