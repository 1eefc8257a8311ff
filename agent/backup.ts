/** Stores the `claudeAiOauth` object, and nothing else of the home, under the user's own path in Vault. */
import { describeFailure, type VaultClient } from "../lib/vault-client.ts";
import {
  credentialKind,
  fingerprint,
  incompleteness,
  numberOf,
  parseCredentials,
  type OauthObject,
} from "./credentials.ts";

/** What a backup is made of, beside the login. */
export interface BackupFacts {
  readonly machineId: string;
  readonly now: Date;
}

/** What became of a backup. `pending`: Vault could not take it now, and nothing is concluded from that. */
export type BackupEnd =
  | { readonly kind: "written" | "unchanged" }
  | { readonly kind: "pending" | "refused" | "foreign" | "incomplete"; readonly why: string };

type Entry = Readonly<Record<string, unknown>>;

/** Writers that may meet: this agent, an operator, another tool that keeps keys of its own beside ours. */
const TRIES = 5;

/**
 * Writes `oauth` beside the foreign keys of the entry, by check-and-set; reads again and merges anew after a conflict.
 * Only a real 404 makes a first version. A login whose fingerprint is the stored one makes no new version.
 */
export async function backUp(
  client: VaultClient,
  dataPath: string,
  oauth: OauthObject,
  facts: BackupFacts,
): Promise<BackupEnd> {
  const incomplete = incompleteness(oauth);
  if (incomplete !== undefined) return { kind: "incomplete", why: incomplete };
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const read = await client.kvRead(dataPath);
    if (read.kind !== "ok" && read.kind !== "notFound") {
      const kind = read.kind === "forbidden" ? "refused" : "pending";
      return { kind, why: `reading ${dataPath}: Vault ${describeFailure(read)}` };
    }
    const { data, version } = read.kind === "ok" ? read.value : { data: {}, version: read.version };
    const owner = data["machine_id"];
    if (typeof owner === "string" && owner !== "" && owner !== facts.machineId) {
      const why = `${dataPath} holds the backup of another machine (${owner}); a user belongs to one workstation`;
      return { kind: "foreign", why };
    }
    if (isStored(data, oauth, facts.machineId)) return { kind: "unchanged" };
    const written = await client.kvWrite(dataPath, mergedEntry(data, oauth, facts), version);
    if (written.kind === "ok") return { kind: "written" };
    if (written.kind !== "conflict") {
      const kind = written.kind === "forbidden" ? "refused" : "pending";
      return { kind, why: `writing ${dataPath}: Vault ${describeFailure(written)}` };
    }
  }
  return { kind: "pending", why: `${dataPath} was changed by others ${TRIES} times in a row` };
}

/** The entry with this login in it; keys that are not ours stay as they are. */
export function mergedEntry(entry: Entry, oauth: OauthObject, facts: BackupFacts): Entry {
  const refreshExpiry = numberOf(oauth, "refreshTokenExpiresAt");
  const merged: Record<string, unknown> = {
    ...entry,
    claude_ai_oauth_json: JSON.stringify(oauth),
    credential_expires_at_ms: numberOf(oauth, "expiresAt"),
    backed_up_at: facts.now.toISOString(),
    fingerprint: fingerprint(oauth),
    kind: credentialKind(oauth),
    machine_id: facts.machineId,
  };
  // The CLI may drop it while the login is the same (2.1.197 does): what is known then still holds.
  if (refreshExpiry !== undefined) merged["refresh_token_expires_at_ms"] = refreshExpiry;
  return merged;
}

/** Whether the entry already holds this login of this machine. Decided by the stored object, not by a label. */
function isStored(entry: Entry, oauth: OauthObject, machineId: string): boolean {
  const text = entry["claude_ai_oauth_json"];
  if (typeof text !== "string" || entry["machine_id"] !== machineId) return false;
  const stored = parseCredentials(`{"claudeAiOauth":${text}}`);
  return stored.kind === "usable" && fingerprint(stored.oauth) === fingerprint(oauth);
}
