/**
 * Everything outside the agent that it touches, as small steps. Production has one implementation (real-world.ts);
 * simulations bring another, and a test that ends the agent at its n-th effect wraps one and counts. So every method
 * is one effect that either happens or does not; nothing in here decides anything.
 */
import type { KvEntry } from "../lib/vault-client.ts";
import type { VaultResult } from "../lib/vault-result.ts";
import type { TokenInfo } from "../lib/vault-token.ts";
import type { RunClass, Word } from "../contract/agent-classes.ts";
import type { Claude } from "../claude/process.ts";
import type { Machine } from "../lib/machine-ports.ts";

/** See the file's own comment. */
export interface AgentWorld extends Machine {
  readonly claude: Claude;
  /** The agent's own lock, freed with its holder; undefined when another process holds it. */
  lock(path: string): Promise<HeldLock | undefined>;
  /** Vault as the holder of `token` meets it. */
  vault(token: string): Vault;
  /** Sends one line to the journal with its fields. */
  journal(entry: JournalEntry): Promise<void>;
}

/** One line for the journal. `message` holds no secret. */
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
