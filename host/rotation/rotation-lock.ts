/** The rotation lock: one rotation of a token at a time. A file beside the approved copies, which outlives the operator's connection. */
import { join } from "node:path";
import type { z } from "zod";
import type { RequestOf, ResultOf } from "../../contract/actions.ts";
import { rotationLock } from "../../contract/rotation.ts";
import { errorCode, ExpectedError } from "../../lib/expected-error.ts";
import { ApprovedCopies, copiesFolder, ROTATION_LOCK } from "../token/approved-copies.ts";
import { readTextFile } from "../../lib/regular-file.ts";

const lockFile = (file: string) => join(copiesFolder(file), ROTATION_LOCK);

/** Returns the rotation lock of the token file `file`; undefined when no rotation holds it. */
export async function readRotationLock(file: string): Promise<z.infer<typeof rotationLock> | undefined> {
  const text = await readTextFile(lockFile(file), 10_000);
  if (text === undefined) return undefined;
  try {
    return rotationLock.parse(JSON.parse(text));
  } catch (error) {
    throw new ExpectedError(`${lockFile(file)} is damaged; remove it and run this again.`, { cause: error });
  }
}

/** Takes the lock, or shows that the rotation that holds it still lives. Returns the holder when that is another rotation. */
export function takeRotationLock(
  file: string,
  owner: RequestOf<"rotation-lock">["owner"],
  takeOver: boolean,
): Promise<ResultOf<"rotation-lock">> {
  return ApprovedCopies.withLock(file, async (copies) => {
    const found = await readRotationLock(file);
    const now = new Date().toISOString();
    if (found !== undefined && found.id !== owner.id && !takeOver) return { held: false, mark: found };
    const since = found?.id === owner.id ? found.since : now;
    const lock = { id: owner.id, by: owner.by, since, seen: now };
    await copies.writeRotationLock(`${JSON.stringify(lock)}\n`).catch((error: unknown) => {
      throw new ExpectedError(
        `${lockFile(file)} cannot be written (${errorCode(error)}); check the free space there and the folder's rights. Nothing was changed.`,
      );
    });
    return { held: true, mark: lock };
  });
}

/** Releases the lock if this rotation holds it. */
export function releaseRotationLock(file: string, id: string): Promise<ResultOf<"rotation-unlock">> {
  return ApprovedCopies.withLock(file, async (copies) => {
    const found = await readRotationLock(file);
    if (found?.id !== id) return { released: false };
    await copies.writeRotationLock(undefined);
    return { released: true };
  });
}

/** @throws {ExpectedError} when the rotation `id` does not hold the lock, because another rotation may have taken it over */
export async function requireRotationLock(file: string, id: string): Promise<void> {
  const found = await readRotationLock(file);
  if (found?.id === id) return;
  const holder =
    found === undefined ? "no rotation holds it" : `${found.by} has held it since ${found.since}`;
  throw new ExpectedError(
    `This rotation does not hold the rotation lock of ${file} any more: ${holder}. Nothing was changed; run \`claude-fleet rotate\` again.`,
  );
}
