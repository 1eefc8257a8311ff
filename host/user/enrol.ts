/** `user enrol` and `user retire`: the only code that writes or removes a user's scoped Vault token. */
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, plainText } from "../../lib/expected-error.ts";
import { tokenDifference } from "../../lib/token-identity.ts";
import { describeFailure } from "../../lib/vault-client.ts";
import { userPlaces } from "../../agent/places.ts";
import type { z } from "zod";
import type { enrolAnswer, retireAnswer, UserTask } from "./tasks.ts";
import { identityOf, recordedAccessor, vaultOf } from "./token-state.ts";

/**
 * Unwraps a token and stores it. Its accessor is written first: if this process dies in between, the token can
 * still be revoked. When anything is not as it must be, the former accessor is put back and the token is left
 * for the caller to revoke.
 */
export async function enrolUser(task: UserTask): Promise<z.infer<typeof enrolAnswer>> {
  const { wrapped } = task;
  if (wrapped === null) return { enrolled: false, why: "no wrapped token was sent" };
  const places = userPlaces(task.home);
  const former = await recordedAccessor(task.home);
  await writeFileAtomic(places.accessor, `${wrapped.accessor}\n`, { mode: 0o600 });
  const why = await unwrapInto(places.token, task, wrapped);
  if (why === undefined) return { enrolled: true, accessor: wrapped.accessor };
  if (former === undefined) await rm(places.accessor, { force: true });
  else await writeFileAtomic(places.accessor, `${former}\n`, { mode: 0o600 });
  return { enrolled: false, why: plainText(why, 1000) };
}

async function unwrapInto(
  path: string,
  task: UserTask,
  wrapped: NonNullable<UserTask["wrapped"]>,
): Promise<string | undefined> {
  const unwrapped = await vaultOf(task, wrapped.token).unwrap();
  if (unwrapped.kind !== "ok") {
    return `the wrapped token could not be unwrapped: Vault at ${task.vault.address} ${describeFailure(unwrapped)}`;
  }
  const { token, accessor } = unwrapped.value;
  if (accessor !== wrapped.accessor) return "the wrapped token was not the one that was minted";
  const found = await vaultOf(task, token).lookupSelf();
  if (found.kind !== "ok") return `the new token could not be checked: Vault ${describeFailure(found)}`;
  const difference = tokenDifference(found.value, identityOf(task));
  if (difference !== undefined) return `the new token is not what it must be: ${difference}`;
  try {
    await writeFileAtomic(path, `${token}\n`, { mode: 0o600 });
  } catch (error) {
    return `the new token could not be stored in ${path}: ${errorCode(error)}`;
  }
  return undefined;
}

/** Removes the token and its accessor. Log, memory and login stay: they are the user's. */
export async function retireUser(task: UserTask): Promise<z.infer<typeof retireAnswer>> {
  const places = userPlaces(task.home);
  const removed = await removeFile(places.token);
  return { removed: (await removeFile(places.accessor)) || removed };
}

async function removeFile(path: string): Promise<boolean> {
  try {
    await rm(path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}
