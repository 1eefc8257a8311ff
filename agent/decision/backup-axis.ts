/** The backup axis: whether and how the login goes to Vault. Every row is one of agent-decisions.md's second table. Pure. */
import type { BackupState } from "../../contract/agent-classes.ts";
import type { OauthObject } from "../../claude/credentials.ts";
import { numberOf } from "../../claude/credentials.ts";
import type { AgentState } from "../../contract/agent-state.ts";
import type { KvEntry } from "../../lib/vault-client.ts";
import { followedIn, isOwn, storedLogin, triedIn } from "./eligible.ts";
import { usableView } from "./file-view.ts";
import { mismatch, type Owner } from "./identity.ts";
import type { FileView } from "./file-view.ts";

/** What is kept in Vault beside the login, and by whom. */
export type BackupOwner = Owner & { readonly machineId: string };

/** A state, and why, as a clause. */
export interface AxisState {
  readonly state: BackupState;
  readonly why: string | undefined;
}

/** A state, or the write that leads to one. */
export type AxisStep =
  | { readonly kind: "state"; readonly state: AxisState }
  | {
      readonly kind: "write";
      readonly data: Readonly<Record<string, unknown>>;
      readonly cas: number;
      /** Vault's versions have gone back; the write repairs it. */
      readonly rolledBack: boolean;
    };

/** At most so many fingerprints are kept in Vault's `tried`, and in its `follows`. */
export const MAX_TRIED = 16;

const OLDER: AxisState = {
  state: "superseded",
  why: "the home holds a login that was followed by a newer one",
};

/**
 * What can be said without a word to Vault: only a whole, pinned login that nobody else's identity is known of goes on.
 * @param state with the file learned
 */
export function decideWithoutVault(file: FileView, state: AgentState, owner: Owner): AxisState | undefined {
  const { login } = state;
  if (file.kind !== "usable") return { state: "none", why: undefined };
  if (login?.identity) {
    const difference = mismatch(owner, login.identity);
    if (difference !== undefined) return { state: "identity-mismatch", why: difference };
  }
  if (file.incomplete !== undefined) return { state: "incomplete", why: file.incomplete };
  if (login?.fingerprints[0] !== file.fingerprint) return OLDER;
  if (!login.pinned) return { state: "held", why: "the identity of this login is not verified yet" };
  return undefined;
}

/**
 * What Vault's entry makes of a login that may be stored.
 * @param entry undefined: a real 404, with the version that a write must name
 */
export function decideWithVault(
  oauth: OauthObject,
  entry: KvEntry | undefined,
  missingVersion: number,
  state: AgentState,
  owner: BackupOwner,
  now: number,
): AxisStep {
  const version = entry?.version ?? missingVersion;
  const machine = entry?.data["machine_id"];
  if (typeof machine === "string" && machine !== "" && machine !== owner.machineId) {
    const why = `Vault holds the backup of another machine (${machine}); a user belongs to one workstation`;
    return { kind: "state", state: { state: "foreign", why } };
  }
  const rolledBack = version < (state.vault?.version ?? 0);
  const view = usableView(oauth);
  const stored = entry === undefined ? undefined : storedLogin(entry);
  const known = stored !== undefined && "view" in stored ? stored.view.fingerprint : undefined;
  if (entry !== undefined && isOwn(entry, owner.machineId) && known === view.fingerprint && !rolledBack) {
    return { kind: "state", state: { state: "unchanged", why: undefined } };
  }
  if (entry !== undefined && isOwn(entry, owner.machineId) && followedIn(entry).includes(view.fingerprint))
    return { kind: "state", state: OLDER };
  const data = mergedEntry(entry, oauth, state, owner, now);
  return { kind: "write", data, cas: version, rolledBack };
}

/** The entry with this login in it; keys that are not ours stay as they are. */
export function mergedEntry(
  entry: KvEntry | undefined,
  oauth: OauthObject,
  state: AgentState,
  owner: BackupOwner,
  now: number,
): Readonly<Record<string, unknown>> {
  const { login } = state;
  const view = usableView(oauth);
  const merged: Record<string, unknown> = {
    ...entry?.data,
    claude_ai_oauth_json: JSON.stringify(oauth),
    credential_expires_at_ms: numberOf(oauth, "expiresAt"),
    backed_up_at: new Date(now).toISOString(),
    fingerprint: view.fingerprint,
    follows: followedBy(entry, view.fingerprint, state).slice(0, MAX_TRIED),
    kind: view.credential,
    machine_id: owner.machineId,
  };
  // They describe the login that is stored: what a former one left behind does not.
  const described = {
    refresh_token_expires_at_ms: view.loginExpiresAt ?? login?.loginExpiresAt ?? undefined,
    identity_email: login?.identity?.email,
    identity_organization: login?.identity?.organization ?? undefined,
  };
  for (const [key, value] of Object.entries(described)) {
    if (value === undefined) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}

/** What a login comes after: what it was refreshed from, and what Vault held before it. */
function followedBy(
  entry: KvEntry | undefined,
  fingerprint: string,
  { login }: AgentState,
): readonly string[] {
  const stored = entry === undefined ? undefined : storedLogin(entry);
  const known = stored !== undefined && "view" in stored ? [stored.view.fingerprint] : [];
  const former = entry === undefined ? [] : followedIn(entry);
  const all = new Set([...(login?.fingerprints ?? []), ...known, ...former]);
  all.delete(fingerprint);
  return [...all];
}

/** The entry with this fingerprint marked as tried. */
export function entryWithTried(entry: KvEntry, fingerprint: string): Readonly<Record<string, unknown>> {
  const tried = [fingerprint, ...triedIn(entry).filter((known) => known !== fingerprint)];
  return { ...entry.data, tried: tried.slice(0, MAX_TRIED) };
}
