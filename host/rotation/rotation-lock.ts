/** One rotation of a token at a time: a mark beside its copies which outlives the operator's connection, and their machine. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readTextFile, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import {
  rotationLock,
  type LockResult,
  type RotationLock,
  type RotationOwner,
} from "../../contract/rotation.ts";
import { copiesFolder, ApprovedCopies } from "../token/approved-copies.ts";

const markFile = (file: string) => join(copiesFolder(file), "rotation.json");

/** Whose rotation of the token file is under way; undefined: nobody's. */
export async function readRotationLock(file: string): Promise<RotationLock | undefined> {
  const text = await readTextFile(markFile(file), 10_000);
  if (text === undefined) return undefined;
  try {
    return rotationLock.parse(JSON.parse(text));
  } catch (error) {
    throw new ExpectedError(`${markFile(file)} is damaged; remove it and run this again.`, { cause: error });
  }
}

/** Takes the mark, or shows that the rotation still lives; says who has it where that is somebody else. */
export function takeRotationLock(file: string, owner: RotationOwner, takeOver: boolean): Promise<LockResult> {
  return withStore(file, async () => {
    const found = await readRotationLock(file);
    const now = new Date().toISOString();
    if (found !== undefined && found.id !== owner.id && !takeOver) return { held: false, mark: found };
    const since = found?.id === owner.id ? found.since : now;
    const mark = { id: owner.id, by: owner.by, since, seen: now };
    await writeFileAtomic(markFile(file), `${JSON.stringify(mark)}\n`, { mode: 0o600 }).catch(
      (error: unknown) => {
        throw new ExpectedError(
          `${markFile(file)} cannot be written (${errorCode(error)}); look at the space left there and at the folder's rights. Nothing was changed.`,
        );
      },
    );
    return { held: true, mark };
  });
}

/** Gives the mark up, where it is this rotation's. */
export function releaseRotationLock(file: string, id: string): Promise<{ readonly released: boolean }> {
  return withStore(file, async () => {
    const found = await readRotationLock(file);
    if (found?.id !== id) return { released: false };
    await rm(markFile(file), { force: true });
    return { released: true };
  });
}

/** @throws {ExpectedError} when the rotation `id` does not have the mark: somebody may have taken it over */
export async function requireRotationLock(file: string, id: string): Promise<void> {
  const found = await readRotationLock(file);
  if (found?.id === id) return;
  const whose = found === undefined ? "nobody's" : `${found.by}'s, since ${found.since}`;
  throw new ExpectedError(
    `The rotation of ${file} is ${whose} and not this one's any more; nothing was changed. Run \`claude-fleet rotate\` again.`,
  );
}

async function withStore<T>(file: string, work: () => Promise<T>): Promise<T> {
  const store = await ApprovedCopies.open(file);
  try {
    return await store.locked(work);
  } finally {
    await store.close();
  }
}
