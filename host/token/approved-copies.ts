/** The immutable copies beside a token file: `auth.d/<sha256>.<uid>.json`, and what the gate remembers of them. */
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { readRegularFile, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { takeLock } from "../../lib/file-lock.ts";
import { MAX_TOKEN_FILE_BYTES } from "./judge-candidate.ts";
import { copyFault, writeCopy } from "./approved-copy.ts";
import type { ApprovedCopy } from "./approved-copy.ts";

const LOCK_WAIT_SECONDS = 300;
const MEMORY = "gate.json";
const COPY = /^([0-9a-f]{64})\.(\d{1,10})\.json$/;
const memory = z.object({
  generation: z.number().int().nonnegative(),
  passed: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(2),
});

/** What the gate remembers: how often it has passed a file, and the digests of the current and the previous one. */
export type GateRecord = z.infer<typeof memory>;

/** Folder of the copies of the token file `file`. */
export function copiesFolder(file: string): string {
  return join(dirname(file), "auth.d");
}

/** Absolute path of what the gate of the token file `file` remembers. */
export function gateRecordFile(file: string): string {
  return join(copiesFolder(file), MEMORY);
}

/** Absolute path of a copy, as containers mount it. */
export function copyPath(file: string, copy: ApprovedCopy): string {
  return join(copiesFolder(file), `${copy.sha256}.${copy.uid}.json`);
}

/** Reads copies and memory; both are empty where there is no folder. Changes nothing. */
export async function readApprovedCopies(
  file: string,
): Promise<{ readonly copies: readonly ApprovedCopy[]; readonly memory: GateRecord }> {
  const folder = copiesFolder(file);
  let names: readonly string[];
  try {
    if (!(await lstat(folder)).isDirectory())
      throw new ExpectedError(`${folder} is not a folder; move it away.`);
    names = await readdir(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { copies: [], memory: { generation: 0, passed: [] } };
    if (errorCode(error) === "EACCES") {
      throw new ExpectedError(`${folder} cannot be read by this login; set \`become\` for the token's host.`);
    }
    throw error;
  }
  return { copies: names.flatMap(parseCopy).sort(byName), memory: await readState(folder) };
}

function parseCopy(name: string): ApprovedCopy[] {
  const [, sha256, uid] = COPY.exec(name) ?? [];
  return sha256 === undefined || uid === undefined ? [] : [{ sha256, uid: Number(uid) }];
}

function byName(a: ApprovedCopy, b: ApprovedCopy): number {
  return a.sha256 === b.sha256 ? a.uid - b.uid : a.sha256 < b.sha256 ? -1 : 1;
}

async function readState(folder: string): Promise<GateRecord> {
  const reading = await readRegularFile(join(folder, MEMORY), 10_000);
  if (reading.kind === "missing") return { generation: 0, passed: [] };
  if (reading.kind !== "file")
    throw new ExpectedError(`${folder}/${MEMORY} cannot be read: ${reading.kind}; remove it.`);
  try {
    return memory.parse(JSON.parse(reading.content.toString("utf8")));
  } catch (error) {
    throw new ExpectedError(`${folder}/${MEMORY} is damaged; remove it and run \`pulumi up\`.`, {
      cause: error,
    });
  }
}

/**
 * The folder, held open. Everything is done through its descriptor, so that exchanging the folder for a link while
 * root works in it leads nowhere.
 */
export class ApprovedCopies {
  readonly #handle: FileHandle;
  readonly #file: string;

  private constructor(handle: FileHandle, file: string) {
    this.#handle = handle;
    this.#file = file;
  }

  /** Opens `auth.d` beside `file`, making it (0700, this process's own) when missing. */
  static async open(file: string): Promise<ApprovedCopies> {
    const folder = copiesFolder(file);
    await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (errorCode(error) !== "EEXIST") {
        throw new ExpectedError(
          `${folder} cannot be made (${errorCode(error)}); check the rights of its parent.`,
        );
      }
    });
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
    const handle = await open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch((error: unknown) => {
      throw new ExpectedError(
        `${folder} is not a folder that can be used (${errorCode(error)}); move it away.`,
      );
    });
    const { uid, mode } = await handle.stat();
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
      await handle.close();
      throw new ExpectedError(
        `${folder} belongs to uid ${uid} or can be written by others; remove it and run this again.`,
      );
    }
    return new ApprovedCopies(handle, file);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Runs `work` as the only one that decides about this file. @throws {ExpectedError} when another one stays too long */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = await takeLock(this.#at("lock"), LOCK_WAIT_SECONDS);
    if (lock === undefined) {
      throw new ExpectedError(
        `Another gate of ${this.#file} has been at work for 5 minutes; wait for it or look there.`,
      );
    }
    try {
      return await work();
    } finally {
      await lock.release();
    }
  }

  /**
   * Puts `content` at the token file's place, whole. The folder is reached from the one that is held open, so that no
   * link on the way to it leads root elsewhere.
   */
  async putCandidate(content: Buffer, owner: { readonly uid: number; readonly gid: number }): Promise<void> {
    const { O_RDONLY, O_DIRECTORY } = constants;
    const parent = await open(`/proc/self/fd/${this.#handle.fd}/..`, O_RDONLY | O_DIRECTORY);
    try {
      const path = join("/proc/self/fd", String(parent.fd), basename(this.#file));
      const root = process.getuid?.() === 0;
      await writeFileAtomic(path, content, { mode: 0o600, ...(root ? { owner } : {}) });
    } finally {
      await parent.close();
    }
  }

  /** Stores a copy, 0600 and its uid's own, unless it is there already, whole. A copy in use keeps its inode. */
  async store(copy: ApprovedCopy, content: Buffer): Promise<void> {
    const path = this.#at(`${copy.sha256}.${copy.uid}.json`);
    const found = await readRegularFile(path, MAX_TOKEN_FILE_BYTES);
    if (found.kind === "file" && copyFault(found, copy) === undefined) return;
    await writeCopy(path, copy, content, found);
  }

  async remember(value: GateRecord): Promise<void> {
    await writeFileAtomic(this.#at(MEMORY), `${JSON.stringify(value)}\n`, { mode: 0o600 });
  }

  async remove(copy: ApprovedCopy): Promise<void> {
    await rm(this.#at(`${copy.sha256}.${copy.uid}.json`), { force: true });
  }

  #at(name: string): string {
    return join("/proc/self/fd", String(this.#handle.fd), name);
  }
}

/** Copies that nothing needs: neither the current nor the previous file, nor mounted by or labelled on a container. */
export function unneededCopies(
  copies: readonly ApprovedCopy[],
  needed: ReadonlySet<string>,
): readonly ApprovedCopy[] {
  return copies.filter(({ sha256 }) => !needed.has(sha256));
}
