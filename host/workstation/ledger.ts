/** The ledger while an apply changes it: several users at once, one write after the other. */
import type { FleetRecord, Ledger, LedgerEntry } from "./fleet-record.ts";

/** As many strays as are kept of a user; older ones were handed to the operator more than once. */
const MOST_STRAYS = 20;

/** Entries in memory, and on the disk as soon as {@link save} or {@link noteStray} is done. */
export class LedgerBook {
  readonly #record: FleetRecord;
  readonly #entries: Map<string, LedgerEntry>;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(record: FleetRecord, ledger: Ledger) {
    this.#record = record;
    this.#entries = new Map(Object.entries(ledger));
  }

  entry(user: string): LedgerEntry | undefined {
    return this.#entries.get(user);
  }

  set(user: string, entry: LedgerEntry): void {
    this.#entries.set(user, entry);
  }

  delete(user: string): void {
    this.#entries.delete(user);
  }

  /** Puts a token on record that is about to be given away: whoever dies then, the next apply knows it. */
  async noteStray(user: string, accessor: string): Promise<void> {
    const { accessor: current = null, strays = [] } = this.#entries.get(user) ?? {};
    this.#entries.set(user, { accessor: current, strays: [...strays, accessor].slice(-MOST_STRAYS) });
    await this.save();
  }

  /** Writes everything as it is when its turn has come. */
  save(): Promise<void> {
    const written = this.#writing.then(() => this.#record.writeLedger(Object.fromEntries(this.#entries)));
    this.#writing = written.catch(() => undefined);
    return written;
  }
}
