/** A user's entry in Vault: which keys it holds, and how they are read and written. Pure. */
import {
  incompleteness,
  numberOf,
  parseCredentials,
  withDroppedFields,
  type OauthObject,
} from "../../claude/credentials.ts";
import type { AgentState } from "../../contract/agent-state.ts";
import { usableView, type UsableView } from "./file-view.ts";
import type { Identity, Owner } from "./identity.ts";
import type { KvEntry } from "../../lib/vault-kv-schema.ts";

/** Whose entry it is, and of which machine. */
export type EntryOwner = Owner & { readonly machineId: string };

/** An entry holds at most this many fingerprints in `tried`, and in `follows`. */
const MAX_FINGERPRINTS = 16;

/** The login in an entry. */
export interface StoredLogin {
  readonly oauth: OauthObject;
  readonly view: UsableView;
}

/** Returns the login in an entry; `why` when it cannot be used; undefined when there is none. */
export function storedLogin(entry: KvEntry): StoredLogin | { readonly why: string } | undefined {
  const text = entry.data["claude_ai_oauth_json"];
  if (text === undefined || text === null) return undefined;
  if (typeof text !== "string") return { why: "Vault's claude_ai_oauth_json is not a text." };
  const login = parseCredentials(`{"claudeAiOauth":${text}}`);
  if (login.kind !== "usable") return { why: "Vault's claude_ai_oauth_json holds no usable login." };
  const lacking = incompleteness(login.oauth);
  if (lacking !== undefined) return { why: `Vault's login is incomplete: ${lacking}.` };
  const view = usableView(login.oauth);
  if (view.credential === "partial") return { why: "Vault's login has no refresh token." };
  return { oauth: login.oauth, view };
}

/** Returns the login in the home with the fields that a CLI or another tool dropped, where they are known. */
export function wholeLogin(
  oauth: OauthObject,
  entry: KvEntry | undefined,
  { login }: Pick<AgentState, "login">,
): OauthObject {
  const view = usableView(oauth);
  if (view.credential !== "login") return oauth;
  const end = login?.fingerprints[0] === view.fingerprint ? login.loginExpiresAt : null;
  const known = end === null ? oauth : withDroppedFields(oauth, { refreshTokenExpiresAt: end });
  const stored = entry === undefined ? undefined : storedLogin(entry);
  return entry !== undefined &&
    stored !== undefined &&
    "view" in stored &&
    isSameSignIn(view, entry, stored, login)
    ? withDroppedFields(known, stored.oauth)
    : known;
}

/**
 * Whether the entry's login is of the same sign-in as the login in the home. A sign-in gives its end to all of its refreshes.
 * Where an end was dropped, the lineage decides.
 */
function isSameSignIn(
  view: UsableView,
  entry: KvEntry,
  stored: StoredLogin,
  login: AgentState["login"],
): boolean {
  if (stored.view.credential !== "login") return false;
  const storedEnd = stored.view.loginExpiresAt ?? numberOf(entry.data, "refresh_token_expires_at_ms");
  if (storedEnd !== undefined && view.loginExpiresAt !== undefined) return storedEnd === view.loginExpiresAt;
  return login?.fingerprints.includes(stored.view.fingerprint) === true;
}

/** Returns the fingerprint of the entry's login; undefined when it holds none that can be used. */
export function storedFingerprint(entry: KvEntry | undefined): string | undefined {
  const stored = entry === undefined ? undefined : storedLogin(entry);
  return stored !== undefined && "view" in stored ? stored.view.fingerprint : undefined;
}

/** Returns the identity of the entry's login; undefined when the entry names none. */
export function storedIdentity({ data }: KvEntry): Identity | undefined {
  const { identity_email: email, identity_organization: organization } = data;
  if (typeof email !== "string") return undefined;
  return { email, organization: typeof organization === "string" ? organization : null };
}

/** Returns when the entry's login was stored, in milliseconds since the epoch. */
export function storedAt({ data }: KvEntry): number | undefined {
  const text = data["backed_up_at"];
  const time = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isNaN(time) || time < 0 ? undefined : time;
}

/** Returns the fingerprints that a restore has used. */
export function triedIn({ data }: KvEntry): readonly string[] {
  return texts(data["tried"]);
}

/**
 * Returns the fingerprints that the entry's login came after, newest first. The writer of the entry knew them, even where
 * its disk was too full to store its state. Returns nothing when another tool has stored another login.
 */
export function followedIn(entry: KvEntry): readonly string[] {
  const known = storedFingerprint(entry);
  return known !== undefined && entry.data["fingerprint"] === known ? texts(entry.data["follows"]) : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === "string") : [];
}

/** Whether the entry carries this machine's id. */
export function isOwn(entry: KvEntry, machineId: string): boolean {
  return entry.data["machine_id"] === machineId;
}

/** Returns the id of another machine that the entry carries; undefined when it carries none, or this machine's. */
export function otherMachine(entry: KvEntry | undefined, machineId: string): string | undefined {
  const found = entry?.data["machine_id"];
  return typeof found === "string" && found !== "" && found !== machineId ? found : undefined;
}

/** Returns the entry with this login in it. Keys of other tools stay as they are. */
export function withLogin(
  entry: KvEntry | undefined,
  oauth: OauthObject,
  { login }: AgentState,
  owner: EntryOwner,
  now: number,
): Readonly<Record<string, unknown>> {
  const view = usableView(oauth);
  const follows = new Set(login?.fingerprints ?? []);
  const stored = storedFingerprint(entry);
  if (stored !== undefined) follows.add(stored);
  for (const former of entry === undefined ? [] : followedIn(entry)) follows.add(former);
  follows.delete(view.fingerprint);
  const merged: Record<string, unknown> = {
    ...entry?.data,
    claude_ai_oauth_json: JSON.stringify(oauth),
    credential_expires_at_ms: numberOf(oauth, "expiresAt"),
    backed_up_at: new Date(now).toISOString(),
    fingerprint: view.fingerprint,
    follows: [...follows].slice(0, MAX_FINGERPRINTS),
    kind: view.credential,
    machine_id: owner.machineId,
  };
  // These keys describe the stored login: a value of the former login must not stay.
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

/** Returns the entry with this fingerprint in `tried`. */
export function withTried(entry: KvEntry, fingerprint: string): Readonly<Record<string, unknown>> {
  const tried = [fingerprint, ...triedIn(entry).filter((known) => known !== fingerprint)];
  return { ...entry.data, tried: tried.slice(0, MAX_FINGERPRINTS) };
}
