/**
 * File-system and time steps as small interfaces. Production has one implementation; a simulation brings another, and a
 * test that ends the process at its n-th effect wraps one and counts. Each method is one effect.
 */

/** What a process needs of the machine that it runs on. */
export interface Machine {
  readonly clock: Clock;
  readonly files: Files;
  /** Returns `bytes` random bytes in hexadecimal, for names of temporary files. */
  random(bytes: number): string;
}

/** Time. The agent asks nothing else for it. */
export interface Clock {
  /** Milliseconds since the epoch, by the host's clock, which may be stepped. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Runs `task` again and again in the background; the next run waits for the former. @returns what ends it */
  every(milliseconds: number, task: () => Promise<void>): () => Promise<void>;
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
