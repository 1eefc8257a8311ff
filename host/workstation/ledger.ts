/** The ledger of the fleet record: the accessors of every user's Vault tokens on this host. */
import * as z from "zod";
import { ExpectedError } from "../../lib/expected-error.ts";

/** Unowned accessors that are kept for each user. Older ones were handed to the operator more than once. */
const MAX_UNOWNED = 20;

const accessor = z.string().max(200);
const ledgerEntry = z.strictObject({
  /** The accessor of the token that the last finished enrolment gave; null when none has finished. */
  accessor: accessor.nullable(),
  /** Accessors of tokens that were minted for unfinished enrolments. Those tokens may still live. */
  strays: z.array(accessor).max(100).optional(),
});
const ledgerEntries = z.record(z.string().max(64), ledgerEntry);

/** Holds what is known of one user's tokens. */
export type LedgerEntry = Readonly<z.infer<typeof ledgerEntry>>;

/**
 * Holds the users that this fleet has touched on this host. A user is entered before anything is created for them, and is
 * deleted after everything of theirs is gone. An interrupted change is therefore never forgotten.
 */
export class Ledger {
  readonly #entries: Map<string, LedgerEntry>;
  readonly #write: (text: string) => Promise<void>;
  #writing: Promise<unknown> = Promise.resolve();

  /**
   * @param text the content of the ledger's file at `path`; undefined when there is none
   * @param write replaces that file
   * @throws {ExpectedError} when the text is not a ledger
   */
  constructor(text: string | undefined, path: string, write: (text: string) => Promise<void>) {
    this.#entries = new Map(Object.entries(parse(text ?? "{}", path)));
    this.#write = write;
  }

  /** Returns the users' names, sorted. */
  users(): readonly string[] {
    return [...this.#entries.keys()].sort();
  }

  entry(user: string): LedgerEntry | undefined {
    return this.#entries.get(user);
  }

  /** Returns every accessor that the ledger has for `user`. */
  accessors(user: string): readonly string[] {
    const { accessor: current = null, strays = [] } = this.#entries.get(user) ?? {};
    return current === null ? strays : [current, ...strays];
  }

  set(user: string, entry: LedgerEntry): void {
    this.#entries.set(user, entry);
  }

  delete(user: string): void {
    this.#entries.delete(user);
  }

  /** Saves the accessor of a token before the user gets the token, so that the next apply knows it after a crash. */
  async addUnowned(user: string, unowned: string): Promise<void> {
    const { accessor: current = null, strays = [] } = this.#entries.get(user) ?? {};
    this.#entries.set(user, { accessor: current, strays: [...strays, unowned].slice(-MAX_UNOWNED) });
    await this.save();
  }

  /** Writes all entries. Concurrent calls write one after the other. */
  save(): Promise<void> {
    const written = this.#writing.then(() => {
      const sorted = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
      return this.#write(`${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
    });
    this.#writing = written.catch(() => undefined);
    return written;
  }
}

function parse(text: string, path: string): z.infer<typeof ledgerEntries> {
  try {
    return ledgerEntries.parse(JSON.parse(text));
  } catch (error) {
    const remedy = "restore it from a backup, or remove it and run `pulumi up`";
    throw new ExpectedError(`${path} is damaged; ${remedy}.`, { cause: error });
  }
}
