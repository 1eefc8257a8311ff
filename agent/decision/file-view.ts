/** A credentials file as the decisions see it: fingerprints instead of tokens. Pure. */
import { createHash } from "node:crypto";
import {
  credentialKind,
  fingerprint,
  incompleteness,
  numberOf,
  textOf,
  type CredentialState,
  type OauthObject,
} from "../../claude/credentials.ts";

/** See {@link CredentialState}. */
export type FileView =
  | { readonly kind: "none" | "blank" }
  | { readonly kind: "unreadable" | "corrupt"; readonly why: string }
  | UsableView;

/** A login that looks usable, which proves nothing. Times are in milliseconds since the epoch. */
export interface UsableView {
  readonly kind: "usable";
  /** Tells refresh tokens apart; access tokens, where there is no refresh token. */
  readonly fingerprint: string;
  /** Tells access tokens apart. */
  readonly access: string;
  readonly credential: "login" | "setup-token";
  readonly expiresAt: number | undefined;
  /** The file's `refreshTokenExpiresAt`. */
  readonly loginExpiresAt: number | undefined;
  /** What the login lacks to be worth a backup; undefined when it lacks nothing. */
  readonly incomplete: string | undefined;
}

/** Returns the view of a credentials file. */
export function viewOf(state: CredentialState): FileView {
  switch (state.kind) {
    case "none":
    case "blank":
      return { kind: state.kind };
    case "unreadable":
    case "corrupt":
      return { kind: state.kind, why: state.why };
    case "usable":
      return usableView(state.oauth);
  }
}

/** Returns the view of a login that looks usable. */
export function usableView(oauth: OauthObject): UsableView {
  return {
    kind: "usable",
    fingerprint: fingerprint(oauth),
    access: createHash("sha256").update(textOf(oauth, "accessToken")).digest("hex").slice(0, 16),
    credential: credentialKind(oauth),
    expiresAt: numberOf(oauth, "expiresAt"),
    loginExpiresAt: numberOf(oauth, "refreshTokenExpiresAt"),
    incomplete: incompleteness(oauth),
  };
}
