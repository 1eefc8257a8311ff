/** `user enrol` and `user unenrol`: the only code that writes or removes a user's scoped Vault token. */
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder, writeFileAtomic } from "../../lib/atomic-file.ts";
import { errorCode } from "../../lib/expected-error.ts";
import { bindingDifference, tokenDifference } from "../../lib/token-identity.ts";
import { sourceAddress } from "../../lib/source-address.ts";
import { describeFailure } from "../../lib/vault-result.ts";
import { userPlaces } from "../../contract/agent-places.ts";
import type { z } from "zod";
import type { enrolAnswer, unenrolAnswer, UserTask } from "./task-messages.ts";
import { identityOf, recordedAccessor, vaultOf } from "./observe-token.ts";
import { plainText } from "../../lib/printable.ts";

/**
 * Unwraps a token and stores it. Stores its accessor first: if this process dies in between, the token can still be
 * revoked. Restores the former accessor when any step fails. The caller then revokes the new token.
 */
export async function storeToken(task: UserTask): Promise<z.infer<typeof enrolAnswer>> {
  const { wrapped } = task;
  if (wrapped === null) return { enrolled: false, why: "no wrapped token was sent" };
  const places = userPlaces(task.home);
  const former = await recordedAccessor(task.home);
  const why =
    (await store(places.accessor, wrapped.accessor, "the new token's accessor")) ??
    (await unwrapInto(places.token, task, wrapped));
  if (why === undefined) return { enrolled: true, accessor: wrapped.accessor };
  if (former === undefined) await rm(places.accessor, { force: true });
  // A failure here loses nothing, because the ledger has both accessors.
  else await store(places.accessor, former, "the former accessor");
  return { enrolled: false, why: plainText(why, 1000) };
}

/** Writes a line into a file that only its user can read. @returns why that failed, as a clause */
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
  // Vault answers 400 for a wrapping token that was used before or has expired.
  if (unwrapped.kind === "failed" && unwrapped.status === 400) {
    return `the wrapped token had been unwrapped before it arrived, or it had expired: Vault at ${task.vault.address} ${describeFailure(unwrapped)}; unless the delivery took minutes, somebody on the way has read the token. Look for sys/wrapping/unwrap in Vault's audit log. The token is revoked`;
  }
  if (unwrapped.kind !== "ok") {
    return `the wrapped token could not be unwrapped: Vault at ${task.vault.address} ${describeFailure(unwrapped)}`;
  }
  const { token, accessor } = unwrapped.value;
  if (accessor !== wrapped.accessor) return "the wrapped token was another one than the operator minted";
  const found = await vaultOf(task, token).lookupSelf();
  const { tokenBoundCidrs } = task.vault;
  if (found.kind === "forbidden" && tokenBoundCidrs.length > 0) {
    const source = (await sourceAddress(task.vault.address)) ?? "an unknown address";
    return `the new token is refused here: it is bound to ${tokenBoundCidrs.join(", ")}, and this host sends its requests to Vault at ${task.vault.address} from ${source}. Vault ${describeFailure(found)}. Add the address that Vault sees to claude-fleet:vault.tokenBoundCidrs, then run \`pulumi up\` again`;
  }
  if (found.kind !== "ok") return `the new token could not be checked: Vault ${describeFailure(found)}`;
  const difference =
    tokenDifference(found.value, identityOf(task)) ?? bindingDifference(found.value, tokenBoundCidrs);
  if (difference !== undefined) return `the new token is not what it must be: ${difference}`;
  return store(path, token, "the new token");
}

/** Removes the token and its accessor. Log, agent state and login stay, because they are the user's. */
export async function removeToken(task: UserTask): Promise<z.infer<typeof unenrolAnswer>> {
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
