/**
 * Whether Vault's login may be restored, and what becomes of the login in the restore's folder. That login may be the last
 * working copy. Delete it only when it is proven dead; use it only when it is proven unused. Pure.
 */
import { answerOf } from "../../claude/answer-patterns.ts";
import { REFRESH_WINDOW_MS } from "../../claude/refresh-window.ts";
import type { AgentState } from "../../contract/agent-state.ts";
import type { ProbeEnd, RestoreSource } from "./facts.ts";
import type { FileView, UsableView } from "./file-view.ts";
import { mismatch } from "./identity.ts";
import { keptKind } from "./lineage.ts";
import {
  followedIn,
  isOwn,
  storedFingerprint,
  storedIdentity,
  storedLogin,
  triedIn,
  type EntryOwner,
} from "./vault-entry.ts";
import type { KvEntry } from "../../lib/vault-kv-schema.ts";

/** Whose login is restored, and whether this host is being taken over from the original. */
export type RestoreOwner = EntryOwner & { readonly adopt: boolean };

/** Whether an entry may be restored here: this machine's, or under `adopt` an entry of the original without a machine. */
export function isOurs(entry: KvEntry, { machineId, adopt }: RestoreOwner): boolean {
  return isOwn(entry, machineId) || (adopt && entry.data["machine_id"] === undefined);
}

/**
 * Returns what Vault's entry is worth for a restore.
 * @param entry undefined: a real 404
 * @param home the credentials file
 */
export function restoreSource(
  entry: KvEntry | undefined,
  state: AgentState,
  owner: RestoreOwner,
  home: FileView,
  now: number,
): RestoreSource {
  if (entry === undefined) return { kind: "none" };
  const not = (why: string): RestoreSource => ({ kind: "ineligible", why });
  if (!isOurs(entry, owner)) return not("Vault's login is not this machine's.");
  const stored = storedLogin(entry);
  if (stored === undefined) return { kind: "none" };
  if ("why" in stored) return not(stored.why);
  if (isRolledBack(entry, state)) return not("Vault was rolled back to an older version.");
  const identity = storedIdentity(entry);
  const difference = identity === undefined ? undefined : mismatch(owner, identity);
  if (difference !== undefined) return not(`Vault's login is not this user's. ${difference}`);
  const { fingerprint } = stored.view;
  if (state.superseded.includes(fingerprint) || isFollowed(entry, fingerprint, state))
    return not("A newer login has replaced Vault's login.");
  if (state.refused.includes(fingerprint)) return not("Vault's login was refused before.");
  if (state.tried.includes(fingerprint) || triedIn(entry).includes(fingerprint))
    return not("Vault's login was already used for a restore.");
  if (state.maybeConsumed === fingerprint)
    return not("A CLI may have used up the refresh token of Vault's login.");
  if (isRefusedAtHome(state, stored.view, home, now))
    return not("Vault's login is the one that was refused.");
  return { kind: "eligible", fingerprint, credential: keptKind(stored.view) };
}

/**
 * Whether the agent has seen another successor of the login that the entry's login came after. A refresh token works once.
 */
function isFollowed(entry: KvEntry, fingerprint: string, state: AgentState): boolean {
  const newest = state.login?.fingerprints[0];
  const former = followedIn(entry);
  if (newest === undefined || newest === fingerprint || former.includes(newest)) return false;
  return former.some((known) => state.superseded.includes(known));
}

/**
 * Whether a copy holds the login that the home's CLI has blanked. The CLI blanks a login whose refresh was refused, and it
 * refreshes only a token that is due. The copy is then used up or refused.
 */
function isRefusedAtHome(state: AgentState, copy: UsableView, home: FileView, now: number): boolean {
  const { fingerprint, credential, expiresAt } = copy;
  const due = credential === "login" && (expiresAt ?? 0) - REFRESH_WINDOW_MS <= now;
  return home.kind === "blank" && state.seen === fingerprint && due;
}

function isRolledBack(entry: KvEntry, state: AgentState): boolean {
  return entry.version < (state.vault?.version ?? 0);
}

/**
 * How the restore's login is recorded as tried. `in-vault`: Vault holds this login. `replaced`: Vault holds a newer one.
 * `here-alone`: Vault was rolled back, or holds no login. The folder may then hold the only copy.
 */
export type TriedStep = "in-vault" | "replaced" | "here-alone";

/** @param entry undefined: a real 404 */
export function triedStep(entry: KvEntry | undefined, fingerprint: string, state: AgentState): TriedStep {
  const stored = storedFingerprint(entry);
  if (entry === undefined || stored === undefined) return "here-alone";
  if (stored === fingerprint) return "in-vault";
  return isRolledBack(entry, state) ? "here-alone" : "replaced";
}

/** An `expiresAt` in the past, so that the CLI refreshes before it asks. Milliseconds since the epoch. */
export const FORCES_REFRESH = 1;

/**
 * What a probe says about the login in the restore's folder. `refreshed`: it was refreshed and accepted; a setup-token was
 * accepted. `refused`: it will never work. `unknown`: the next run continues from the folder.
 */
export type RefreshOutcome = "refreshed" | "refused" | "unknown";

/** @param after the login in the folder after the probe */
export function refreshOutcome(end: ProbeEnd, after: FileView): RefreshOutcome {
  if (after.kind === "blank") return "refused";
  if (end.kind !== "ended" || end.signal !== null || after.kind !== "usable") return "unknown";
  const { kind } = answerOf(end);
  const isSetupToken = after.credential === "setup-token";
  if (kind === "ok") return isSetupToken || after.expiresAt !== FORCES_REFRESH ? "refreshed" : "unknown";
  return (kind === "unauthorized" || kind === "revoked") && isSetupToken ? "refused" : "unknown";
}

/**
 * What becomes of the folder. `keep`: its login may still be needed. `done`: the home and Vault both hold it. `refused`: its
 * CLI has blanked it. `useless`: it was refused, used up, or followed by a verified sign-in.
 */
export type FolderStep = "keep" | "done" | "refused" | "useless";

/** @param home the credentials file */
export function folderStep(state: AgentState, folder: FileView, home: FileView): FolderStep {
  if (folder.kind === "blank") return "refused";
  if (folder.kind !== "usable") return "useless";
  const { login, vault, refused, superseded } = state;
  const { fingerprint } = folder;
  const usedUp = (login?.fingerprints.indexOf(fingerprint) ?? -1) > 0;
  if (refused.includes(fingerprint) || usedUp) return "useless";
  if (!isRefreshed(state)) return "keep";
  if (isAtHome(folder, home) && vault?.fingerprint === fingerprint) return "done";
  // An unverified sign-in may be another person's: it does not supersede this user's login.
  const followed =
    login?.pinned === true && login.fingerprints[0] !== fingerprint && superseded.includes(fingerprint);
  return followed ? "useless" : "keep";
}

/** Whether the home holds the login of the folder. */
export function isAtHome(folder: FileView, home: FileView): boolean {
  return folder.kind === "usable" && home.kind === "usable" && home.fingerprint === folder.fingerprint;
}

/** Returns why the folder's login must not be sent; undefined when it may be sent. */
export function hindrance(
  state: AgentState,
  folder: UsableView,
  home: FileView,
  now: number,
): string | undefined {
  if (state.maybeConsumed === folder.fingerprint)
    return "The login that was being restored may be used up: a CLI had it, and no run has seen that CLI end.";
  if (isRefreshed(state) && isRefusedAtHome(state, folder, home, now))
    return "The login that was being restored is the one that was refused.";
  return undefined;
}

function isRefreshed({ restore }: AgentState): boolean {
  return restore?.stage === "refreshed" || restore?.stage === "placed";
}
