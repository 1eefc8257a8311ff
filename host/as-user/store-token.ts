/** `user enrol` and `user retire`: the only code that writes or removes a user's scoped Vault token. */
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode, plainText } from "../../lib/expected-error.ts";
import { bindingDifference, tokenDifference } from "../../lib/token-identity.ts";
import { sourceAddress } from "../../lib/source-address.ts";
import { describeFailure } from "../../lib/vault-result.ts";
import { userPlaces } from "../../contract/agent-places.ts";
import type { z } from "zod";
import type { enrolAnswer, retireAnswer, UserTask } from "./task-messages.ts";
import { identityOf, recordedAccessor, vaultOf } from "./observe-token.ts";

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
  const why =
    (await store(places.accessor, wrapped.accessor, "the new token's accessor")) ??
    (await unwrapInto(places.token, task, wrapped));
  if (why === undefined) return { enrolled: true, accessor: wrapped.accessor };
  if (former === undefined) await rm(places.accessor, { force: true });
  // Where there is no room for that either nothing is lost: root's record has both.
  else await store(places.accessor, former, "the former accessor");
  return { enrolled: false, why: plainText(why, 1000) };
}

/** Writes a line that is for its user alone. @returns why it could not be, as a clause */
async function store(path: string, line: string, what: string): Promise<string | undefined> {
  try {
    await writeFileAtomic(path, `${line}\n`, { mode: 0o600 });
    return undefined;
  } catch (error) {
    return `${what} could not be stored in ${path}: ${errorCode(error)}`;
  }
}

async function unwrapInto(
  path: string,
  task: UserTask,
  wrapped: NonNullable<UserTask["wrapped"]>,
): Promise<string | undefined> {
  const unwrapped = await vaultOf(task, wrapped.token).unwrap();
  // What Vault says to a wrapping token that is spent: somebody else was faster, or the way here took too long.
  if (unwrapped.kind === "failed" && unwrapped.status === 400) {
    return `the wrapped token had been unwrapped before it arrived, or was older than it may be: Vault at ${task.vault.address} ${describeFailure(unwrapped)}; unless that took minutes, somebody on the way has read it, so look for sys/wrapping/unwrap in Vault's audit log. It is revoked`;
  }
  if (unwrapped.kind !== "ok") {
    return `the wrapped token could not be unwrapped: Vault at ${task.vault.address} ${describeFailure(unwrapped)}`;
  }
  const { token, accessor } = unwrapped.value;
  if (accessor !== wrapped.accessor) return "the wrapped token was not the one that was minted";
  const found = await vaultOf(task, token).lookupSelf();
  const { tokenBoundCidrs } = task.vault;
  if (found.kind === "forbidden" && tokenBoundCidrs.length > 0) {
    const source = (await sourceAddress(task.vault.address)) ?? "an address that could not be found out";
    return `the new token is refused here: it is bound to ${tokenBoundCidrs.join(", ")}, and this host's requests to Vault at ${task.vault.address} leave it from ${source}; Vault ${describeFailure(found)}. Add the address that Vault sees to claude-fleet:vault.tokenBoundCidrs, then run \`pulumi up\` again`;
  }
  if (found.kind !== "ok") return `the new token could not be checked: Vault ${describeFailure(found)}`;
  const difference =
    tokenDifference(found.value, identityOf(task)) ?? bindingDifference(found.value, tokenBoundCidrs);
  if (difference !== undefined) return `the new token is not what it must be: ${difference}`;
  return store(path, token, "the new token");
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
