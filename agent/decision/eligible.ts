/** Whether Vault's object may be put to use. Never older over newer, never one that was used or refused. Pure. */
import { parseCredentials, type OauthObject, incompleteness } from "../../claude/credentials.ts";
import type { AgentState } from "../../contract/agent-state.ts";
import type { KvEntry } from "../../lib/vault-client.ts";
import { usableView } from "./file-view.ts";
import { mismatch, type Owner } from "./identity.ts";
import type { RestoreSource } from "./facts.ts";
import type { FileView, UsableView } from "./file-view.ts";

/** The CLI refreshes an access token that ends within this time. */
const AHEAD_MS = 5 * 60_000;

/** An entry's login, when there is one that can be read. */
export interface StoredLogin {
  readonly oauth: OauthObject;
  readonly view: UsableView;
}

/** The login in an entry; a reason, as a clause, when it has none that can be used. */
export function storedLogin(entry: KvEntry): StoredLogin | { readonly why: string } | undefined {
  const text = entry.data["claude_ai_oauth_json"];
  if (text === undefined || text === null) return undefined;
  if (typeof text !== "string") return { why: "its claude_ai_oauth_json is not a text" };
  const state = parseCredentials(`{"claudeAiOauth":${text}}`);
  if (state.kind !== "usable") return { why: "its claude_ai_oauth_json holds no usable login" };
  const lacking = incompleteness(state.oauth);
  if (lacking !== undefined) return { why: lacking };
  return { oauth: state.oauth, view: usableView(state.oauth) };
}

/** Fingerprints that the entry says were used for a restore. */
export function triedIn(entry: KvEntry): readonly string[] {
  return texts(entry.data["tried"]);
}

/**
 * Fingerprints of what the entry's login came after, newest first: whoever has written it knew that, also where the disk
 * was too full to remember it. Nothing when somebody else has put another login in its place.
 */
export function followedIn(entry: KvEntry): readonly string[] {
  const stored = storedLogin(entry);
  const described =
    stored !== undefined && "view" in stored && entry.data["fingerprint"] === stored.view.fingerprint;
  return described ? texts(entry.data["follows"]) : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === "string") : [];
}

/**
 * Whether an entry's login, which this agent may not have seen, was followed by one that it has: both came after the same
 * one, which works once.
 */
function isFollowed(entry: KvEntry, fingerprint: string, state: AgentState): boolean {
  const newest = state.login?.fingerprints[0];
  const former = followedIn(entry);
  if (newest === undefined || newest === fingerprint || former.includes(newest)) return false;
  return former.some((known) => state.superseded.includes(known));
}

/** Whether an entry is this machine's. */
export function isOwn(entry: KvEntry, machineId: string): boolean {
  return entry.data["machine_id"] === machineId;
}

/**
 * Whether an entry's login may come back here: this machine's, and while the stack takes a host over also one that bears
 * no machine at all, as the original wrote them.
 */
export function isOurs(entry: KvEntry, { machineId, adopt }: RestoreOwner): boolean {
  return isOwn(entry, machineId) || (adopt && entry.data["machine_id"] === undefined);
}

/** Whose login is restored, and where. */
export type RestoreOwner = Owner & { readonly machineId: string; readonly adopt: boolean };

/**
 * What Vault's entry is worth for a restore into a home whose file is `file`.
 * @param entry undefined: Vault really has none
 */
export function restoreSource(
  entry: KvEntry | undefined,
  state: AgentState,
  owner: RestoreOwner,
  file: FileView,
  now: number,
): RestoreSource {
  if (entry === undefined) return { kind: "none" };
  const not = (why: string): RestoreSource => ({ kind: "ineligible", why });
  if (!isOurs(entry, owner)) return not("Vault's object is not this machine's");
  const stored = storedLogin(entry);
  if (stored === undefined) return { kind: "none" };
  if ("why" in stored) return not(stored.why);
  if (entry.version < (state.vault?.version ?? 0)) return not("Vault was rolled back to an older version");
  const { identity_email: email, identity_organization: organization } = entry.data;
  if (typeof email === "string") {
    const identity = { email, organization: typeof organization === "string" ? organization : null };
    const difference = mismatch(owner, identity);
    if (difference !== undefined) return not(`Vault's object: ${difference}`);
  }
  const { fingerprint, credential } = stored.view;
  if (state.superseded.includes(fingerprint) || isFollowed(entry, fingerprint, state))
    return not("Vault's object was followed by a newer login");
  if (state.refused.includes(fingerprint)) return not("Vault's object was refused already");
  if (state.tried.includes(fingerprint) || triedIn(entry).includes(fingerprint))
    return not("Vault's object was tried already");
  if (state.maybeConsumed === fingerprint)
    return not("Vault's object may have been used up by the CLI that was asked with it");
  if (isRefusedAtHome(state, stored.view, file, now))
    return not("Vault's object is the login that was refused");
  return { kind: "eligible", fingerprint, credential };
}

/**
 * Whether a copy is of the very login that the home's CLI has emptied. It does that only when its refresh was refused, and
 * refreshes only what is over its time: the copy is then used up, or what was refused.
 */
export function isRefusedAtHome(state: AgentState, copy: UsableView, home: FileView, now: number): boolean {
  const { fingerprint, credential, expiresAt } = copy;
  const due = credential === "login" && (expiresAt ?? 0) - AHEAD_MS <= now;
  return home.kind === "blank" && state.seen === fingerprint && due;
}
