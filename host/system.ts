/** The host as an interface: accounts, systemd, processes, the lock. Tests implement it in a folder. */
import type { FileLock } from "../lib/file-lock.ts";
import type { ProcessEnd } from "../lib/process.ts";
import type { HostNode } from "./running-node.ts";
import type { UserTaskName } from "./as-user/main.ts";

/** An OS user. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Every effect of the host program except files. */
export interface HostSystem {
  /** Empty on a real host. In tests: the folder that stands for `/`. */
  readonly root: string;
  /** The bytes of this program, and their SHA-256. */
  readonly program: { readonly bytes: Buffer; readonly sha256: string };
  /** The Node that runs the program. */
  readonly node: HostNode;
  /** The owner of everything that is written below {@link root}. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Returns what the host lacks for this stack, one sentence each. */
  missing(): Promise<readonly string[]>;
  systemctl(args: readonly string[]): Promise<ProcessEnd>;
  /** Runs journalctl(1) quietly. */
  journal(args: readonly string[]): Promise<ProcessEnd>;
  /** Checks a sudoers file with visudo(8). Returns why sudo would not take it; undefined when it would. */
  checkSudoers(text: string): Promise<string | undefined>;
  wait(milliseconds: number): Promise<void>;
  /** Returns those of `names` that exist, by name. */
  accounts(names: readonly string[]): Promise<ReadonlyMap<string, Account>>;
  /** Runs this program as that user; see host/as-user/main.ts. */
  asUser(account: Account, task: UserTaskName, input: string): Promise<ProcessEnd>;
  /** Takes the host's lock. Returns undefined when another change of this host holds it for too long. */
  lock(): Promise<FileLock | undefined>;
}
