/** The folder `auth.d` beside a token file: the approved copies `<sha256>.<uid>.json`, and the gate's record. */
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { takeLock } from "../../lib/file-lock.ts";
import { copyFault, writeCopy, type ApprovedCopy } from "./approved-copy.ts";
import { describeReading, readRegularFile } from "../../lib/regular-file.ts";
import { MAX_TOKEN_FILE_BYTES } from "./candidate-rules.ts";

const LOCK_WAIT_SECONDS = 300;
const COPY = /^([0-9a-f]{64})\.(\d{1,10})\.json$/;

/** Name of the file of the gate's record: how often it has passed a file, and which files it passed last. */
const GATE_RECORD = "gate.json";

/** Name of the file of the rotation lock: see host/rotation/rotation-lock.ts. */
export const ROTATION_LOCK = "rotation.json";

const gateRecord = z.object({
  /** How often the gate has passed a file. */
  generation: z.number().int().nonnegative(),
  /** Digests of the two files that the gate passed last, the newest first. */
  passed: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(2),
});
type GateRecord = z.infer<typeof gateRecord>;

/** The record of a token file that no gate has passed yet. */
export const NO_GATE: GateRecord = { generation: 0, passed: [] };

/** Reads the record in `folder`. @throws {ExpectedError} when it is damaged */
async function readGateRecord(folder: string): Promise<GateRecord> {
  const path = join(folder, GATE_RECORD);
  const reading = await readRegularFile(path, 10_000);
  if (reading.kind === "missing") return NO_GATE;
  if (reading.kind !== "file") throw new ExpectedError(`${path} ${describeReading(reading)}; remove it.`);
  try {
    return gateRecord.parse(JSON.parse(reading.content.toString("utf8")));
  } catch (error) {
    throw new ExpectedError(`${path} is damaged; remove it and run \`pulumi up\`.`, { cause: error });
  }
}

/** Returns the folder of the approved copies of the token file `file`. */
export function copiesFolder(file: string): string {
  return join(dirname(file), "auth.d");
}

/** Returns the absolute path of the gate's record of the token file `file`. */
export function gateRecordFile(file: string): string {
  return join(copiesFolder(file), GATE_RECORD);
}

/** Returns the absolute path of a copy, as containers mount it. */
export function copyPath(file: string, copy: ApprovedCopy): string {
  return join(copiesFolder(file), copyName(copy));
}

function copyName({ sha256, uid }: ApprovedCopy): string {
  return `${sha256}.${uid}.json`;
}

/** Lists the approved copies and reads the gate's record. Both are empty where the folder is missing. Changes nothing. */
export async function readApprovedCopies(
  file: string,
): Promise<{ readonly copies: readonly ApprovedCopy[]; readonly gateRecord: GateRecord }> {
  const folder = copiesFolder(file);
  let names: readonly string[];
  try {
    if (!(await lstat(folder)).isDirectory())
      throw new ExpectedError(`${folder} is not a folder; move it away.`);
    names = await readdir(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { copies: [], gateRecord: NO_GATE };
    if (errorCode(error) === "EACCES") {
      throw new ExpectedError(
        `${folder} cannot be read by this login (EACCES); set \`become\` for the token's host.`,
      );
    }
    throw error;
  }
  return { copies: names.flatMap(parseCopyName).sort(byName), gateRecord: await readGateRecord(folder) };
}

function parseCopyName(name: string): ApprovedCopy[] {
  const [, sha256, uid] = COPY.exec(name) ?? [];
  return sha256 === undefined || uid === undefined ? [] : [{ sha256, uid: Number(uid) }];
}

function byName(a: ApprovedCopy, b: ApprovedCopy): number {
  return a.sha256 === b.sha256 ? a.uid - b.uid : a.sha256 < b.sha256 ? -1 : 1;
}

/**
 * Writes in the folder. All work goes through an open descriptor of the folder, so that somebody who replaces the folder
 * by a link cannot lead root elsewhere.
 */
export class ApprovedCopies {
  readonly #handle: FileHandle;
  readonly #file: string;

  private constructor(handle: FileHandle, file: string) {
    this.#handle = handle;
    this.#file = file;
  }

  /**
   * Runs `work` with the opened folder, under the lock of the token file. Creates the folder (0700) when it is missing.
   * @throws {ExpectedError} when the folder is not safe to use, or another process holds the lock for too long
   */
  static async withLock<T>(file: string, work: (copies: ApprovedCopies) => Promise<T>): Promise<T> {
    const copies = new ApprovedCopies(await openFolder(copiesFolder(file)), file);
    try {
      const lock = await takeLock(copies.#at("lock"), LOCK_WAIT_SECONDS);
      if (lock === undefined) {
        throw new ExpectedError(
          `Another gate of ${file} has held its lock for ${LOCK_WAIT_SECONDS / 60} minutes; wait for it, or look for a hanging claude-fleet-host on the token's host.`,
        );
      }
      try {
        return await work(copies);
      } finally {
        await lock.release();
      }
    } finally {
      await copies.#handle.close();
    }
  }

  /**
   * Replaces the token file by `content`. Reaches the file's folder through the open descriptor, so that no link on the
   * way can lead root elsewhere.
   * @param owner who gets the file, where this process is root
   */
  async putCandidate(content: Buffer, owner: { readonly uid: number; readonly gid: number }): Promise<void> {
    const { O_RDONLY, O_DIRECTORY } = constants;
    const parent = await open(`/proc/self/fd/${this.#handle.fd}/..`, O_RDONLY | O_DIRECTORY);
    try {
      const path = join("/proc/self/fd", String(parent.fd), basename(this.#file));
      const root = process.getuid?.() === 0;
      await writeFileAtomic(path, content, { mode: 0o600, owner: root ? owner : undefined });
    } finally {
      await parent.close();
    }
  }

  /** Stores a copy (0600, owned by its uid). Leaves an intact one alone, so that it keeps its inode. */
  async store(copy: ApprovedCopy, content: Buffer): Promise<void> {
    const path = this.#at(copyName(copy));
    const found = await readRegularFile(path, MAX_TOKEN_FILE_BYTES);
    if (found.kind === "file" && copyFault(found, copy) === undefined) return;
    await writeCopy(path, copy, content, found);
  }

  async writeGateRecord(record: GateRecord): Promise<void> {
    await writeFileAtomic(this.#at(GATE_RECORD), `${JSON.stringify(record)}\n`, { mode: 0o600 });
  }

  /** Replaces the file of the rotation lock; removes it for undefined. */
  async writeRotationLock(text: string | undefined): Promise<void> {
    const path = this.#at(ROTATION_LOCK);
    if (text === undefined) await rm(path, { force: true });
    else await writeFileAtomic(path, text, { mode: 0o600 });
  }

  async remove(copy: ApprovedCopy): Promise<void> {
    await rm(this.#at(copyName(copy)), { force: true });
  }

  #at(name: string): string {
    return join("/proc/self/fd", String(this.#handle.fd), name);
  }
}

/** Opens the folder, and creates it when it is missing. @throws {ExpectedError} unless only this process's user can write in it */
async function openFolder(folder: string): Promise<FileHandle> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (errorCode(error) !== "EEXIST") {
      throw new ExpectedError(
        `${folder} cannot be created (${errorCode(error)}); check the rights of its parent folder.`,
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
  return handle;
}
