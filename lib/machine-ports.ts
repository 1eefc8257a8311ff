/**
 * Interfaces to the machine: its clock, its files and its random numbers. Production has one implementation and the
 * simulation has another. Tests that kill a process at its n-th effect wrap one and count. Each method is one effect.
 */

/** What a process needs of its machine. */
export interface Machine {
  readonly clock: Clock;
  readonly files: Files;
  /** Returns `bytes` random bytes in hexadecimal, for names of temporary files. */
  random(bytes: number): string;
}

/** The clock, and everything that waits. */
export interface Clock {
  /** Returns the milliseconds since the epoch, by the host's clock, which may jump. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Runs `task` again and again in the background. Each run begins after the end of the run before it. @returns a function that stops it */
  every(milliseconds: number, task: () => Promise<void>): () => Promise<void>;
}

/** What was read at a path. `text` is the whole content of a regular file. */
export type Reading =
  | { readonly kind: "file"; readonly text: string; readonly mode: number }
  | { readonly kind: "missing" }
  | { readonly kind: "symlink" | "directory" }
  /** `what`: its kind, such as "a named pipe". */
  | { readonly kind: "other"; readonly what: string }
  | { readonly kind: "unreadable"; readonly why: string };

/** Describes what lies at a path, without its content. */
export interface PathState {
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly mode: number;
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * File-system steps of the user's own process. Paths are absolute. A step that fails throws a system error with its
 * `code`. Replacing a file takes `create`, `sync`, `rename` and `syncFolder`, in this order.
 */
export interface Files {
  /** Reads a regular file of at most `maxBytes`. Does not follow a link. Never throws for what lies there. */
  read(path: string, maxBytes: number): Promise<Reading>;
  /** Returns the target of the link at `path` when it is a regular file of this user below `home`; else undefined. */
  ownTarget(path: string, home: string): Promise<string | undefined>;
  /** Describes what lies at `path`, without following a link; undefined when nothing lies there. */
  state(path: string): Promise<PathState | undefined>;
  /** Returns the names in a folder; none when it is missing or cannot be read. */
  list(folder: string): Promise<readonly string[]>;
  /** Creates a file (0600) with this text. Throws EEXIST when something lies there. */
  create(path: string, text: string): Promise<void>;
  /** Calls fsync for a file. */
  sync(path: string): Promise<void>;
  /** Renames `from` and replaces `to`. */
  rename(from: string, to: string): Promise<void>;
  /** Calls fsync for a folder. */
  syncFolder(path: string): Promise<void>;
  /** Appends to a regular file. Creates it (0600) when it is missing. Throws at once for a pipe or device. */
  append(path: string, text: string): Promise<void>;
  /** Removes a file or link. Nothing happens when it is missing. */
  remove(path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Creates a folder (0700) and the folders above it. */
  makeFolder(path: string): Promise<void>;
  /** Creates one folder, as Claude Code does for its locks. Returns false when something lies there already. */
  makeLock(path: string): Promise<boolean>;
  /** Removes an empty folder. Nothing happens when it is missing. */
  removeFolder(path: string): Promise<void>;
  /** Sets the time of the last change, in milliseconds since the epoch. */
  touch(path: string, milliseconds: number): Promise<void>;
}
