/** Whose tokens the stand-in accepts. It knows tokens by their sha256 only, as a server should. */
import { randomUUID } from "node:crypto";
import {
  DEFAULT_ORGANIZATION,
  LIFETIMES,
  LOGIN_SCOPES,
  randomText,
  selects,
  SETUP_SCOPES,
  sha256,
  type Account,
  type Grant,
  type TokenEntry,
  type TokenKind,
  type TokenSelector,
} from "./tokens.ts";

/** Everything that outlives a restart. */
export interface AccountsState {
  readonly accounts: readonly Account[];
  readonly tokens: readonly TokenEntry[];
}

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
