/** Whose tokens the stand-in accepts. It knows tokens by their sha256 only, as a server should. */
import { createHash, randomBytes, randomUUID } from "node:crypto";

/** A person's seat. */
export interface Account {
  readonly email: string;
  readonly uuid: string;
  readonly organization: { readonly uuid: string; readonly name: string };
  readonly subscription: string;
}

export type TokenKind = "access" | "refresh" | "setup";

/** `used`: a refresh token whose successor was issued. Expiry is not a state: it follows from `expiresAt`. */
export type TokenState = "live" | "used" | "revoked";

/** A token as it is kept and listed; the token itself is told once, when it is issued. */
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

/** Everything that outlives a restart. */
export interface AccountsState {
  readonly accounts: readonly Account[];
  readonly tokens: readonly TokenEntry[];
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

const LOGIN_SCOPES = [
  "user:inference",
  "user:profile",
  "user:sessions:claude_code",
  "user:mcp_servers",
  "user:file_upload",
];
const SETUP_SCOPES = ["user:inference"];

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** The table of accounts and tokens. Every change is handed to `save` before the caller gets to know of it. */
export class Accounts {
  #state: AccountsState;
  readonly #save: (state: AccountsState) => void;
  readonly #now: () => number;

  constructor(state: AccountsState, save: (state: AccountsState) => void, now: () => number = Date.now) {
    this.#state = state;
    this.#save = save;
    this.#now = now;
  }

  get tokens(): readonly TokenEntry[] {
    return this.#state.tokens;
  }

  /** The account of an address; made when there is none. A named organization replaces an earlier one. */
  account(email: string, organization?: Account["organization"], subscription?: string): Account {
    const known = this.#state.accounts.find((account) => account.email === email);
    const account: Account = {
      email,
      uuid: known?.uuid ?? randomUUID(),
      organization: organization ?? known?.organization ?? DEFAULT_ORGANIZATION,
      subscription: subscription ?? known?.subscription ?? "enterprise",
    };
    const others = this.#state.accounts.filter((other) => other.email !== email);
    this.#commit({ ...this.#state, accounts: [...others, account] });
    return account;
  }

  /** A fresh login. @param expiresAt of the access token; may lie in the past */
  login(account: Account, expiresAt = this.#now() + LIFETIMES.access): Grant {
    return this.#grant(account, randomUUID(), LOGIN_SCOPES, expiresAt);
  }

  /** What `claude setup-token` prints: inference only, no refresh token. */
  setupToken(
    account: Account,
    expiresAt = this.#now() + LIFETIMES.setup,
  ): { token: string; entry: TokenEntry } {
    return this.#issue("setup", account.email, randomUUID(), SETUP_SCOPES, expiresAt);
  }

  /**
   * Uses a refresh token up and hands out its successors; undefined when it is unknown, used, revoked or expired.
   * @param renew `false`: answers without a new refresh token, as the real endpoint may; the old one then stays good
   */
  refresh(refreshToken: string, renew = true): Grant | undefined {
    const entry = this.#find(refreshToken, ["refresh"]);
    if (entry?.state !== "live" || entry.expiresAt <= this.#now()) return undefined;
    const account = this.account(entry.email);
    const accessExpiresAt = this.#now() + LIFETIMES.access;
    if (renew) {
      this.#change({ sha256: entry.sha256 }, (used) => ({ ...used, state: "used" }));
      return this.#grant(account, entry.lineage, entry.scopes, accessExpiresAt);
    }
    const access = this.#issue("access", entry.email, entry.lineage, entry.scopes, accessExpiresAt);
    return {
      account,
      accessToken: access.token,
      refreshToken,
      expiresAt: accessExpiresAt,
      refreshTokenExpiresAt: entry.expiresAt,
      scopes: entry.scopes,
    };
  }

  /** What an API call with this bearer token is: `unknown` stands for everything that was never issued here. */
  judge(token: string): {
    readonly verdict: "live" | "expired" | "revoked" | "unknown";
    readonly entry?: TokenEntry;
  } {
    const entry = this.#find(token, ["access", "setup"]);
    if (!entry) return { verdict: "unknown" };
    if (entry.state !== "live") return { verdict: "revoked", entry };
    return { verdict: entry.expiresAt <= this.#now() ? "expired" : "live", entry };
  }

  /** Whose token this is, of whatever kind and state; undefined when it was never issued here. */
  owner(token: string): string | undefined {
    return this.#state.tokens.find((entry) => entry.sha256 === sha256(token))?.email;
  }

  /** @returns how many tokens were selected */
  revoke(selector: TokenSelector): number {
    return this.#change(selector, (entry) => ({ ...entry, state: "revoked" }));
  }

  /** Lets tokens expire at a time, by default now. @returns how many were selected */
  expire(selector: TokenSelector, at = this.#now()): number {
    return this.#change(selector, (entry) => ({ ...entry, expiresAt: at }));
  }

  #grant(account: Account, lineage: string, scopes: readonly string[], expiresAt: number): Grant {
    const access = this.#issue("access", account.email, lineage, scopes, expiresAt);
    const refreshTokenExpiresAt = this.#now() + LIFETIMES.refresh;
    const refresh = this.#issue("refresh", account.email, lineage, scopes, refreshTokenExpiresAt);
    return {
      account,
      accessToken: access.token,
      refreshToken: refresh.token,
      expiresAt,
      refreshTokenExpiresAt,
      scopes,
    };
  }

  #issue(kind: TokenKind, email: string, lineage: string, scopes: readonly string[], expiresAt: number) {
    const token = `sk-ant-${kind === "refresh" ? "ort" : "oat"}01-${randomText(95)}`;
    const issuedAt = this.#now();
    const entry: TokenEntry = {
      sha256: sha256(token),
      kind,
      email,
      lineage,
      scopes,
      issuedAt,
      expiresAt,
      state: "live",
    };
    this.#commit({ ...this.#state, tokens: [...this.#state.tokens, entry] });
    return { token, entry };
  }

  #find(token: string, kinds: readonly TokenKind[]): TokenEntry | undefined {
    const digest = sha256(token);
    return this.#state.tokens.find((entry) => entry.sha256 === digest && kinds.includes(entry.kind));
  }

  #change(selector: TokenSelector, change: (entry: TokenEntry) => TokenEntry): number {
    let count = 0;
    const tokens = this.#state.tokens.map((entry) => {
      if (!selects(selector, entry)) return entry;
      count++;
      return change(entry);
    });
    this.#commit({ ...this.#state, tokens });
    return count;
  }

  #commit(state: AccountsState): void {
    this.#save(state);
    this.#state = state;
  }
}

function selects(selector: TokenSelector, entry: TokenEntry): boolean {
  if ("sha256" in selector) return entry.sha256 === selector.sha256;
  return entry.email === selector.email && (selector.kind === undefined || entry.kind === selector.kind);
}

/** Characters as the real tokens have them, without a hyphen or underscore at the end, where selections lose it. */
function randomText(length: number): string {
  return (
    randomBytes(length)
      .toString("base64url")
      .slice(0, length - 1) + "A"
  );
}
