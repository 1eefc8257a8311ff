/** Observes and renews a user's scoped Vault token, in the user's own process. */
import { staleness, tokenDifference, type TokenIdentity } from "../../lib/token-identity.ts";
import { VaultClient } from "../../lib/vault-api.ts";
import { describeFailure } from "../../lib/vault-result.ts";
import { PROTOCOL_LIMITS } from "../../contract/protocol-limits.ts";
import { userPlaces } from "../../contract/agent-places.ts";
import { vaultTokenLeft } from "../../plan/monitoring/alert-thresholds.ts";
import type { z } from "zod";
import type { tokenObservation } from "../../contract/workstation.ts";
import type { UserTask } from "./task-messages.ts";
import { describeReading, octalMode, readRegularFile, readTextFile } from "../../lib/regular-file.ts";
import { plainText } from "../../lib/printable.ts";

type TokenState = z.infer<typeof tokenObservation>;

/** A larger file holds no Vault token. */
const MAX_TOKEN_BYTES = 4096;
const ACCESSOR = /^[A-Za-z0-9._-]{1,200}$/;

/** Reads the token file and asks Vault about it, unless the task says that Vault is away. */
export async function observeToken(task: UserTask): Promise<TokenState> {
  const reading = await readRegularFile(userPlaces(task.home).token, MAX_TOKEN_BYTES);
  const state: TokenState = { health: "missing", detail: "", accessor: null, ttlSeconds: null, mode: null };
  if (reading.kind === "missing") return state;
  if (reading.kind !== "file") {
    const detail = `the token file ${describeReading(reading)}`;
    // Enrolment renames a new file over anything that it cannot read. Other failures to read may pass.
    const unknown = reading.kind === "unreadable" && reading.why !== "EACCES";
    return { ...state, detail, ...(unknown ? { health: "unknown" } : {}) };
  }
  const file = { ...state, mode: octalMode(reading.stat) };
  const token = reading.content.toString("utf8").trim();
  if (!/^[\x21-\x7e]+$/.test(token)) return { ...file, detail: "the token file holds no token" };
  if (task.vaultAway !== null) return { ...file, health: "unknown", detail: task.vaultAway };

  const found = await vaultOf(task, token).lookupSelf();
  if (found.kind === "forbidden") return { ...file, health: "refused", detail: found.why };
  if (found.kind !== "ok") return { ...file, health: "unknown", detail: `Vault ${describeFailure(found)}` };
  const difference = tokenDifference(found.value, identityOf(task));
  const { tokenBoundCidrs: boundCidrs, rotateTokensAfterSeconds } = task.vault;
  const wanted = { boundCidrs, rotateAfterSeconds: rotateTokensAfterSeconds ?? undefined };
  const stale = difference === undefined ? staleness(found.value, wanted) : undefined;
  return {
    ...file,
    health: difference !== undefined ? "wrong" : stale !== undefined ? "stale" : "good",
    detail: plainText(difference ?? stale ?? "", PROTOCOL_LIMITS.detail),
    accessor: found.value.accessor,
    ttlSeconds: found.value.ttlSeconds,
  };
}

/** Renews a good token that ends soon because its agent has not renewed it. The next observation shows the outcome. */
export async function renewEndingToken(task: UserTask): Promise<void> {
  const found = await observeToken(task);
  const enough = vaultTokenLeft(task.vault.tokenPeriodSeconds);
  if (found.health !== "good" || (found.ttlSeconds ?? enough) >= enough) return;
  const token = await readTextFile(userPlaces(task.home).token, MAX_TOKEN_BYTES);
  if (token !== undefined) await vaultOf(task, token.trim()).renewSelf();
}

/** Returns the accessor that is recorded beside the token; undefined when the file is missing or holds no accessor. */
export async function recordedAccessor(home: string): Promise<string | undefined> {
  const text = (await readTextFile(userPlaces(home).accessor, MAX_TOKEN_BYTES))?.trim();
  return text !== undefined && ACCESSOR.test(text) ? text : undefined;
}

/** Returns a client of the task's Vault that uses `token`. */
export function vaultOf(task: UserTask, token: string): VaultClient {
  return new VaultClient({ ...task.vault, caPem: task.vault.caPem ?? undefined, token });
}

/** Returns what the token of the task's user must be. */
export function identityOf(task: UserTask): TokenIdentity {
  const { fleet, user, host, policy, vault } = task;
  return { fleet, user, host, policy, role: vault.role, periodSeconds: vault.tokenPeriodSeconds };
}
