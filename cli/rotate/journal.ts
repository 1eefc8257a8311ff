/** What a rotation leaves on the operator's machine: its journal, without secrets, and a token until it is delivered. */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { readTextFile, writeFileAtomic } from "../../lib/atomic-file.ts";
import { ExpectedError } from "../../lib/expected-error.ts";
import { STEP_NAMES, type StepName } from "../../plan/rotation/steps.ts";

const stepName = z.enum(STEP_NAMES as readonly [StepName, ...StepName[]]);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What was done, when and how it ended. Times are RFC 3339. */
const entry = z.strictObject({
  step: stepName,
  at: z.string(),
  /** Milliseconds. */
  took: z.number().nonnegative(),
  outcome: z.enum(["done", "skipped", "failed"]),
  /** One sentence or clause; no secret. */
  said: z.string(),
});
export type JournalEntry = z.infer<typeof entry>;

const journal = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  since: z.string(),
  /** Why, where it was not a diagnosis. */
  reason: z.string().nullable(),
  /** How the token was obtained; null before that. */
  source: z.string().nullable(),
  /** Digest of the new token file; null before there is one. */
  target: sha256.nullable(),
  /** First digits of the digest of its access token. */
  fingerprint: z.string().nullable(),
  entries: z.array(entry),
});

/** A rotation's journal. */
export type Journal = z.infer<typeof journal>;

/** A journal of a rotation that begins now. */
export function newJournal(reason: string | undefined, now = new Date()): Journal {
  return {
    version: 1,
    id: randomUUID(),
    since: now.toISOString(),
    reason: reason ?? null,
    source: null,
    target: null,
    fingerprint: null,
    entries: [],
  };
}

const MAX_BYTES = 1024 * 1024;

/** One token's folder on this machine, 0700. */
export class RotationFolder {
  readonly #folder: string;

  /** @param name of the fleet and its token, such as `prod-platform` */
  constructor(name: string, environment: NodeJS.ProcessEnv = process.env) {
    const state = environment["XDG_STATE_HOME"] || path.join(homedir(), ".local/state");
    this.#folder = path.join(state, "claude-fleet/rotate", name);
  }

  /** Absolute path of a file in it; the folder is made when missing. */
  async place(name: string): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    return path.join(this.#folder, name);
  }

  /** The journal of a rotation that is not over. @throws {ExpectedError} when it cannot be read */
  async journal(): Promise<Journal | undefined> {
    const file = path.join(this.#folder, "journal.json");
    const text = await readTextFile(file, MAX_BYTES);
    if (text === undefined) return undefined;
    try {
      return journal.parse(JSON.parse(text));
    } catch (error) {
      throw new ExpectedError(`${file} is damaged; remove it to begin anew.`, { cause: error });
    }
  }

  async write(value: Journal): Promise<void> {
    const file = await this.place("journal.json");
    await writeFileAtomic(file, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  }

  /** The rotation is over: what it left is its report. */
  async finish(report: string): Promise<string> {
    const file = await this.place("report.md");
    await writeFileAtomic(file, report, { mode: 0o600 });
    await rm(path.join(this.#folder, "journal.json"), { force: true });
    return file;
  }

  /** Forgets a rotation that has changed nothing on any host. */
  async forget(): Promise<void> {
    await rm(path.join(this.#folder, "journal.json"), { force: true });
  }

  /** Absolute path of the token file that was obtained and is not delivered yet. */
  get keptPlace(): string {
    return path.join(this.#folder, "token.json");
  }

  /** Its content: a secret; undefined when there is none. */
  kept(): Promise<string | undefined> {
    return readTextFile(this.keptPlace, MAX_BYTES);
  }

  /** Keeps it, before anything else is done with it. @returns its path */
  async keep(content: string): Promise<string> {
    const file = await this.place("token.json");
    await writeFileAtomic(file, content, { mode: 0o600 });
    return file;
  }

  async drop(): Promise<void> {
    await rm(this.keptPlace, { force: true });
  }
}
