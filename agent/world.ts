/**
 * Everything outside of the agent that it touches. Each method is one effect, which happens or does not, and decides
 * nothing. Production has one implementation (real-world.ts). Simulations have another. A test that ends the agent at its
 * n-th effect counts the calls.
 */
import type { VaultResult } from "../lib/vault-result.ts";
import type { TokenInfo } from "../lib/vault-token-schema.ts";
import type { RunClass, Word } from "../contract/agent-classes.ts";
import type { Claude } from "../claude/process.ts";
import type { Machine } from "../lib/machine-ports.ts";
import type { KvEntry } from "../lib/vault-kv-schema.ts";

/** See the file's comment. */
export interface AgentWorld extends Machine {
  readonly claude: Claude;
  /** Takes the agent's lock, which its holder's end frees. @returns undefined when another process holds it */
  lock(path: string): Promise<HeldLock | undefined>;
  /** Opens Vault with `token`. */
  vault(token: string): Vault;
  /** Sends one line with its fields to the journal. */
  journal(entry: JournalEntry): Promise<void>;
}

/** One line for the journal. `message` must not hold a secret. */
export interface JournalEntry {
  readonly message: string;
  readonly word: Word;
  readonly user: string;
  readonly class: RunClass;
  readonly reason: string;
}

export interface HeldLock {
  release(): Promise<void>;
}

/** The four calls that a run makes to Vault. No call rejects. */
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
