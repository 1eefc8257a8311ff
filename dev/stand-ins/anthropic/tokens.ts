/** Accounts and tokens of the stand-in, and how long each kind of token lives. */
import { createHash, randomBytes } from "node:crypto";

/** A person's seat. */
export interface Account {
  readonly email: string;
  readonly uuid: string;
  readonly organization: { readonly uuid: string; readonly name: string };
  readonly subscription: string;
}

/** An `access` or `refresh` token of a login, or what `claude setup-token` prints. */
export type TokenKind = "access" | "refresh" | "setup";

/** `used`: a refresh token whose successor was issued. Expiry is not a state: it follows from `expiresAt`. */
type TokenState = "live" | "used" | "revoked";

/** A token without its secret, which is returned once, when the token is issued. */
export interface TokenEntry {
  /** sha256 of the token in hexadecimal: its name in the control endpoint and in the request log. */
  readonly sha256: string;
  readonly kind: TokenKind;
  readonly email: string;
  /** Shared by all tokens that follow from one login. */
  readonly lineage: string;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly state: TokenState;
}

/** What one login or refresh hands out. Times in milliseconds since 1970. */
export interface Grant {
  readonly account: Account;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAt: number;
  readonly refreshTokenExpiresAt: number;
  readonly scopes: readonly string[];
}

/** Which tokens something is to be done to. */
export type TokenSelector =
  { readonly sha256: string } | { readonly email: string; readonly kind?: TokenKind | undefined };

/** The organization of every account that names no other. */
export const DEFAULT_ORGANIZATION = {
  uuid: "00000000-0000-4000-8000-000000000001",
  name: "Example Organization",
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** An access token of a login lives eight hours, its refresh token a month, a setup token a year. */
export const LIFETIMES: Readonly<Record<TokenKind, number>> = {
  access: 8 * HOUR,
  refresh: 30 * DAY,
  setup: 365 * DAY,
};

export const LOGIN_SCOPES = [
  "user:inference",
  "user:profile",
  "user:sessions:claude_code",
  "user:mcp_servers",
  "user:file_upload",
];
export const SETUP_SCOPES = ["user:inference"];

/** Returns the hexadecimal digest by which a token is known. */
export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Returns whether a token is among the selected ones. */
export function selects(selector: TokenSelector, entry: TokenEntry): boolean {
  if ("sha256" in selector) return entry.sha256 === selector.sha256;
  return entry.email === selector.email && (selector.kind === undefined || entry.kind === selector.kind);
}

/** Returns characters as the real tokens have them, without a hyphen or underscore at the end, where selections lose it. */
export function randomText(length: number): string {
  return (
    randomBytes(length)
      .toString("base64url")
      .slice(0, length - 1) + "A"
  );
}
