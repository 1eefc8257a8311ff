/** What a token file holds and whether it may become what containers mount. Pure. */
import {
  credentialKind,
  incompleteness,
  numberOf,
  parseCredentials,
  type CredentialKind,
  type OauthObject,
} from "../../agent/credentials.ts";

/** Bytes beyond which a file is no token file. */
export const MAX_TOKEN_FILE_BYTES = 1024 * 1024;

/** A token file's content, judged by shape alone. */
export type TokenContent =
  | { readonly kind: CredentialKind; readonly oauth: OauthObject }
  | { readonly kind: "invalid"; readonly why: string };

/** Reads the CLI's own credentials JSON. */
export function readContent(text: string): TokenContent {
  const state = parseCredentials(text);
  if (state.kind === "none") return { kind: "invalid", why: "it holds no claudeAiOauth object" };
  if (state.kind === "blank") return { kind: "invalid", why: "its claudeAiOauth.accessToken is empty" };
  if (state.kind !== "usable") return { kind: "invalid", why: state.why };
  const lacking = incompleteness(state.oauth);
  return lacking === undefined
    ? { kind: credentialKind(state.oauth), oauth: state.oauth }
    : { kind: "invalid", why: lacking };
}

/** What else the gate asks of a candidate. */
export interface CandidateRules {
  readonly file: string;
  readonly allowRefreshToken: boolean;
  /** Of the file, as `stat` gives it. */
  readonly mode: number;
  readonly nowMs: number;
}

/** Why a candidate is refused before any call is made, one sentence each; empty when nothing speaks against it. */
export function complaints(content: TokenContent, rules: CandidateRules): readonly string[] {
  const { file } = rules;
  const found: string[] = [];
  if ((rules.mode & 0o077) !== 0) {
    found.push(`${file} can be read by others than its owner; run \`chmod 600 ${file}\` there.`);
  }
  if (content.kind === "invalid") {
    found.push(`${file} is not a token file: ${content.why}; put a fresh credentials file there.`);
    return found;
  }
  const expiresAt = numberOf(content.oauth, "expiresAt") ?? 0;
  if (expiresAt <= rules.nowMs) {
    const when = new Date(expiresAt).toISOString();
    found.push(`${file} has expired (at ${when}); put a fresh credentials file there.`);
  }
  if (content.kind === "login" && !rules.allowRefreshToken) {
    found.push(
      `${file} holds a refresh token: it is single-use, and the first container to use it would lose its successor on a read-only mount. Use a token of \`claude setup-token\`, or set \`gate.allowRefreshToken: true\`.`,
    );
  }
  return found;
}
