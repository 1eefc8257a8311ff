/** The host as the program sees it: places, accounts, systemd, processes. Tests put another one in its place. */
import type { FileLock } from "../lib/file-lock.ts";
import type { ProcessEnd } from "../lib/process.ts";
import type { HostNode } from "./running-node.ts";
import type { UserTaskName } from "./as-user/main.ts";

/** An OS user, as getent(1) shows it. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The bytes of this program, and their digest. */
export interface ProgramSource {
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** Every effect that the host program has beside files. */
export interface HostSystem {
  /** Empty on a real host; a folder that stands for `/` in tests. */
  readonly root: string;
  readonly program: ProgramSource;
  /** What runs it. */
  readonly node: HostNode;
  /** Owner of everything that is written below {@link root}. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** What the host lacks for this stack, one sentence each. */
  missing(): Promise<readonly string[]>;
  systemctl(args: readonly string[]): Promise<ProcessEnd>;
  /** journalctl(1), quietly. */
  journal(args: readonly string[]): Promise<ProcessEnd>;
  wait(milliseconds: number): Promise<void>;
  /** Those of `names` that exist, by name. */
  accounts(names: readonly string[]): Promise<ReadonlyMap<string, Account>>;
  /** Runs this program as that user; see host/as-user/main.ts. */
  asUser(account: Account, task: UserTaskName, input: string): Promise<ProcessEnd>;
  /** undefined: another change of this host has been under way for too long. */
  lock(): Promise<FileLock | undefined>;
}
