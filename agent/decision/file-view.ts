/** From a credentials file to what the decisions see of it. */
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
import type { FileView, UsableView } from "./types.ts";

/** The view of a file's state: fingerprints instead of tokens. */
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

/** The view of a login that looks usable. */
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
