/**
 * Everything outside the agent that it touches, as small steps. Production has one implementation (real-world.ts);
 * simulations bring another, and a test that ends the agent at its n-th effect wraps one and counts. So every method
 * is one effect that either happens or does not; nothing in here decides anything.
 */
import type { KvEntry } from "../lib/vault-client.ts";
import type { VaultResult } from "../lib/vault-result.ts";
import type { TokenInfo } from "../lib/vault-token.ts";
import type { RunClass, Word } from "./classes.ts";

/** See the file's own comment. */
export interface AgentWorld {
  readonly clock: Clock;
  readonly files: Files;
  readonly claude: Claude;
  /** The agent's own lock, freed with its holder; undefined when another process holds it. */
  lock(path: string): Promise<HeldLock | undefined>;
  /** Vault as the holder of `token` meets it. */
  vault(token: string): Vault;
  /** Sends one line to the journal with its fields. */
  journal(entry: JournalEntry): Promise<void>;
  /** `bytes` random bytes in hexadecimal, for names of temporary files. */
  random(bytes: number): string;
}

/** One line for the journal. `message` holds no secret. */
export interface JournalEntry {
  readonly message: string;
  readonly word: Word;
  readonly user: string;
  readonly class: RunClass;
  readonly reason: string;
}

/** Time. The agent asks nothing else for it. */
export interface Clock {
  /** Milliseconds since the epoch, by the host's clock, which may be stepped. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Runs `task` again and again in the background; the next run waits for the former. @returns what ends it */
  every(milliseconds: number, task: () => Promise<void>): () => Promise<void>;
}

export interface HeldLock {
  release(): Promise<void>;
}

/** What lies at a path. `text` is the whole content of a regular file. */
export type Reading =
  | { readonly kind: "file"; readonly text: string; readonly mode: number }
  | { readonly kind: "missing" }
  | { readonly kind: "symlink" | "directory" | "other" }
  | { readonly kind: "unreadable"; readonly why: string };

/** What is known of a path without reading it. */
export interface PathState {
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly mode: number;
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * File-system steps of the user's own process. Paths are absolute. Steps that cannot be done throw a system error, with
 * its `code`. A file is replaced by `create`, `sync`, `rename`, `syncFolder`, in this order: see store-file.ts.
 */
export interface Files {
  /** A regular file of at most `maxBytes`; a link is not followed. Never throws for what lies there. */
  read(path: string, maxBytes: number): Promise<Reading>;
  /** Where the link at `path` leads, when that is a regular file of this user's own below `home`; else undefined. */
  ownTarget(path: string, home: string): Promise<string | undefined>;
  /** Without following a link; undefined when nothing is there. */
  state(path: string): Promise<PathState | undefined>;
  /** Names in a folder; none when it is missing or cannot be read. */
  list(folder: string): Promise<readonly string[]>;
  /** Makes a new file with 0600 and writes it; EEXIST when there is something. */
  create(path: string, text: string): Promise<void>;
  /** fsync of a file. */
  sync(path: string): Promise<void>;
  /** Replaces `to`. */
  rename(from: string, to: string): Promise<void>;
  /** fsync of a folder. */
  syncFolder(path: string): Promise<void>;
  /** Adds to a file, which is made with 0600. */
  append(path: string, text: string): Promise<void>;
  /** Removes a file or link; nothing happens when there is none. */
  remove(path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Makes a folder and those above it, 0700. */
  makeFolder(path: string): Promise<void>;
  /** Makes one folder, as Claude Code makes its locks; false when something is there already. */
  makeLock(path: string): Promise<boolean>;
  /** Removes an empty folder; nothing happens when there is none. */
  removeFolder(path: string): Promise<void>;
  /** Sets the time of the last change. */
  touch(path: string, milliseconds: number): Promise<void>;
}

/** A process that cannot be mistaken for another: its number, and when the kernel started it. */
export interface ProcessMark {
  readonly pid: number;
  readonly startTicks: string;
}

/** One question to the CLI. */
export interface Question {
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
  start(question: Question): Promise<RunningClaude | { readonly why: string }>;
  /** Whether that very process lives. */
  lives(mark: ProcessMark): Promise<boolean>;
  /** CLIs of this user that earlier runs of the agent have started and that still live. */
  leftBehind(): Promise<readonly ProcessMark[]>;
}

/** The four calls of Vault that a run makes. None rejects. */
export interface Vault {
  lookupSelf(): Promise<VaultResult<TokenInfo>>;
  renewSelf(): Promise<VaultResult<number>>;
  kvRead(dataPath: string): Promise<VaultResult<KvEntry>>;
  kvWrite(
    dataPath: string,
    data: Readonly<Record<string, unknown>>,
    cas: number,
  ): Promise<VaultResult<number>>;
}
