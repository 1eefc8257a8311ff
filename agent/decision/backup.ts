/** Whether and how the login in the home is stored in Vault. Pure. */
import { incompleteness, textOf, type OauthObject } from "../../claude/credentials.ts";
import type { BackupState } from "../../contract/agent-classes.ts";
import type { AgentState } from "../../contract/agent-state.ts";
import { usableView, type FileView } from "./file-view.ts";
import { mismatch, type Owner } from "./identity.ts";
import {
  followedIn,
  isOwn,
  otherMachine,
  storedFingerprint,
  storedLogin,
  wholeLogin,
  withLogin,
  type EntryOwner,
} from "./vault-entry.ts";
import type { KvEntry } from "../../lib/vault-kv-schema.ts";

/** What became of the backup, and why. */
export interface Backup {
  readonly state: BackupState;
  readonly why: string | undefined;
}

/** The backup, or the write that leads to it. */
export type BackupStep =
  | { readonly kind: "done"; readonly backup: Backup }
  | {
      readonly kind: "write";
      readonly data: Readonly<Record<string, unknown>>;
      readonly cas: number;
      /** What the backup is once it is written. */
      readonly backup: Backup;
    };

const SUPERSEDED: Backup = {
  state: "superseded",
  why: "The home holds a login that a newer one has replaced.",
};

const ROLLED_BACK: Backup = {
  state: "rolled-back",
  why: "Vault was rolled back to a lower version. It is up to date again.",
};

const GONE = "Vault held no entry any more. The login is stored there again.";

const PARTIAL: Backup = {
  state: "incomplete",
  why: "The login has no refresh token, and is no setup-token. It is not stored, and Vault's entry stays as it is.",
};

/**
 * Returns what is decided without asking Vault; undefined when Vault must be asked. Only a login with a verified identity is
 * stored.
 * @param state the agent state with the file in it
 */
export function decideWithoutVault(file: FileView, { login }: AgentState, owner: Owner): Backup | undefined {
  if (file.kind !== "usable") return { state: "none", why: undefined };
  if (file.credential === "partial") return PARTIAL;
  if (login?.identity) {
    const why = mismatch(owner, login.identity);
    if (why !== undefined) return { state: "identity-mismatch", why };
  }
  if (login?.fingerprints[0] !== file.fingerprint) return SUPERSEDED;
  if (login.pinned) return undefined;
  // A new login has no former login that could complete it.
  if (file.incomplete !== undefined)
    return { state: "incomplete", why: `The login is incomplete: ${file.incomplete}.` };
  return { state: "held", why: "The identity of this login is not verified yet." };
}

/**
 * Returns what Vault's entry makes of a login that may be stored.
 * @param entry undefined: a real 404
 * @param missingVersion the version that a write must name where there is no entry
 */
export function decideWithVault(
  oauth: OauthObject,
  entry: KvEntry | undefined,
  missingVersion: number,
  state: AgentState,
  owner: EntryOwner,
  now: number,
): BackupStep {
  const other = otherMachine(entry, owner.machineId);
  if (other !== undefined) {
    const why = `Vault holds the backup of another machine (${other}). A user belongs to one workstation.`;
    return { kind: "done", backup: { state: "foreign", why } };
  }
  if (hasLostRefreshToken(oauth, entry)) return { kind: "done", backup: PARTIAL };
  const version = entry?.version ?? missingVersion;
  const known = state.vault?.version ?? 0;
  // `vault kv metadata delete` leaves no version at all. A rollback leaves an older one.
  const isGone = entry === undefined && missingVersion === 0 && known > 0;
  const rolledBack = version < known && !isGone;
  const { fingerprint } = usableView(oauth);
  if (entry !== undefined && isOwn(entry, owner.machineId)) {
    if (storedFingerprint(entry) === fingerprint && !rolledBack)
      return { kind: "done", backup: { state: "unchanged", why: undefined } };
    if (followedIn(entry).includes(fingerprint)) return { kind: "done", backup: SUPERSEDED };
  }
  const whole = wholeLogin(oauth, entry, state);
  const lacking = incompleteness(whole);
  if (lacking !== undefined) {
    const why = `The login is incomplete, and nothing is known of its sign-in that completes it: ${lacking}.`;
    return { kind: "done", backup: { state: "incomplete", why } };
  }
  const backup = rolledBack ? ROLLED_BACK : { state: "written" as const, why: isGone ? GONE : undefined };
  return { kind: "write", data: withLogin(entry, whole, state, owner, now), cas: version, backup };
}

/** Whether Vault holds this access token with a refresh token, which the login in the home has lost. */
function hasLostRefreshToken(oauth: OauthObject, entry: KvEntry | undefined): boolean {
  const stored = entry === undefined ? undefined : storedLogin(entry);
  if (stored === undefined || "why" in stored || stored.view.credential !== "login") return false;
  return (
    usableView(oauth).credential !== "login" &&
    textOf(oauth, "accessToken") === textOf(stored.oauth, "accessToken")
  );
}
