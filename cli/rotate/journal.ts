/** Keeps a rotation on the operator's machine: its journal, without secrets, and its token until that is delivered. */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { STEP_NAMES, type StepName } from "../../plan/rotation/step-table.ts";
import { readTextFile } from "../../lib/regular-file.ts";
import { parseAs } from "../json-input.ts";

const stepName = z.enum(STEP_NAMES as readonly [StepName, ...StepName[]]);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A step, when it was taken, and how it ended. Times are RFC 3339. */
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
  /** Why the token is rotated: the operator's reason, or the finding of the diagnosis. */
  reason: z.string().nullable(),
  /** Where the token came from; null before it is obtained. */
  source: z.string().nullable(),
  /** SHA-256 of the new token file; null before it is obtained. */
  target: sha256.nullable(),
  /** The first digits of the SHA-256 of its access token. */
  fingerprint: z.string().nullable(),
  entries: z.array(entry),
});

/** A rotation's journal. */
export type Journal = z.infer<typeof journal>;

/** Returns the journal of a rotation that begins now. */
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

/** The folder of one token's rotations on this machine, of mode 0700. */
export class RotationFolder {
  readonly #folder: string;

  /** @param name fleet and token, such as `prod-platform` */
  constructor(name: string, environment: NodeJS.ProcessEnv = process.env) {
    const state = environment["XDG_STATE_HOME"] || path.join(homedir(), ".local/state");
    this.#folder = path.join(state, "claude-fleet/rotate", name);
  }

  /** Returns the absolute path of a file in the folder, which is created when it is missing. */
  async place(name: string): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    return path.join(this.#folder, name);
  }

  /** Reads the journal of a rotation that has not ended. @throws {ExpectedError} when the journal is damaged */
  async journal(): Promise<Journal | undefined> {
    const file = path.join(this.#folder, "journal.json");
    const text = await readTextFile(file, MAX_BYTES);
    if (text === undefined) return undefined;
    return parseAs(journal, text, `${file} is damaged. Remove it, then start the rotation again.`);
  }

  /** Writes the journal. */
  async write(value: Journal): Promise<void> {
    const file = await this.place("journal.json");
    await writeFileAtomic(file, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  }

  /** Replaces the journal by the report of a finished rotation. */
  async finish(report: string): Promise<void> {
    await writeFileAtomic(await this.place("report.md"), report, { mode: 0o600 });
    await this.forget();
  }

  /** Removes the journal of a rotation that changed nothing on a host, or was undone. */
  async forget(): Promise<void> {
    await rm(path.join(this.#folder, "journal.json"), { force: true });
  }

  /** Absolute path of a token file that was obtained and is not delivered yet. */
  get keptPlace(): string {
    return path.join(this.#folder, "token.json");
  }

  /** Reads that token file, a secret; undefined when there is none. */
  keptToken(): Promise<string | undefined> {
    return readTextFile(this.keptPlace, MAX_BYTES);
  }

  /** Keeps a token file as soon as it is obtained. */
  async keepToken(content: string): Promise<void> {
    await writeFileAtomic(await this.place("token.json"), content, { mode: 0o600 });
  }

  /** Removes the kept token file. */
  async dropToken(): Promise<void> {
    await rm(this.keptPlace, { force: true });
  }
}
