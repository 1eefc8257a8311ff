/** A credentials file as the decisions see it: fingerprints instead of tokens. Pure. */
import { createHash } from "node:crypto";
import {
  credentialKind,
  fingerprint,
  incompleteness,
  numberOf,
  textOf,
  type CredentialKind,
  type CredentialState,
  type OauthObject,
} from "../../claude/credentials.ts";

import type { AgentState } from "../../contract/agent-state.ts";

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
  readonly credential: CredentialKind;
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

/** A setup-token lives for a year, the access token of a login for hours. A new setup-token has at least this time left. */
const SETUP_TOKEN_LEFT_MS = 2 * 86_400_000;

/**
 * Returns the view of the credentials file in the home. A login that has lost its refresh token may look like a setup-token.
 * It is `partial` when its access token came with a refresh token before, or ends too soon for a setup-token.
 */
export function homeView(login: CredentialState, known: AgentState, now: number): FileView {
  const view = viewOf(login);
  if (view.kind !== "usable" || view.credential !== "setup-token") return view;
  const { fingerprint, access, expiresAt } = view;
  const seen = known.login?.fingerprints.includes(fingerprint) || known.superseded.includes(fingerprint);
  const endsSoon = (expiresAt ?? 0) - now < SETUP_TOKEN_LEFT_MS;
  const lost = known.refreshable.includes(access) || (endsSoon && !seen);
  return lost ? { ...view, credential: "partial" } : view;
}
