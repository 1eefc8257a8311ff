/** Speaks to the stand-in's control endpoint; for `up` and for tests. */
import { ExpectedError } from "../../../lib/expected-error.ts";
import type { BehaviourRule } from "./behaviours.ts";
import type { LoggedRequest } from "./request-log.ts";
import type { Account, TokenEntry, TokenSelector } from "./tokens.ts";

/** The object `claudeAiOauth`, as Claude Code keeps it. Holds secrets. */
export interface OauthObject {
  readonly [field: string]: unknown;
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly scopes: readonly string[];
}

/** Whom a login or a setup token is for. */
export interface IssueOptions {
  readonly organization?: Account["organization"];
  readonly subscription?: string;
  /** Milliseconds since 1970; may lie in the past. */
  readonly expiresAt?: number;
}

/** Client of the control endpoint. Calls reject with {@link ExpectedError} when the stand-in is away or refuses. */
export class AnthropicControl {
  readonly #base: string;
  readonly #secret: string;

  /** @param base such as `http://127.0.0.1:4711` */
  constructor(base: string, secret: string) {
    this.#base = base;
    this.#secret = secret;
  }

  /** Whether it serves. */
  async healthy(): Promise<boolean> {
    try {
      await this.#call("GET", "health");
      return true;
    } catch (error) {
      // Away or somebody else's: either way there is no stand-in at this address.
      if (error instanceof ExpectedError) return false;
      throw error;
    }
  }

  /** A fresh login of this person. */
  async login(
    email: string,
    options: IssueOptions = {},
  ): Promise<{ claudeAiOauth: OauthObject; account: Account }> {
    const answer = await this.#call("POST", "logins", { email, ...options });
    return answer as { claudeAiOauth: OauthObject; account: Account };
  }

  /** What a browser would show this person, for pasting into `claude auth login`. */
  async loginCode(email: string): Promise<string> {
    return ((await this.#call("POST", "login-codes", { email })) as { code: string }).code;
  }

  /** The content of a token file, as an object. */
  async setupToken(email: string, options: IssueOptions = {}): Promise<{ claudeAiOauth: OauthObject }> {
    return (await this.#call("POST", "setup-tokens", { email, ...options })) as {
      claudeAiOauth: OauthObject;
    };
  }

  async tokens(): Promise<readonly TokenEntry[]> {
    return ((await this.#call("GET", "tokens")) as { tokens: readonly TokenEntry[] }).tokens;
  }

  /** @returns how many tokens were revoked */
  async revoke(tokens: TokenSelector): Promise<number> {
    return ((await this.#call("POST", "revoke", tokens)) as { revoked: number }).revoked;
  }

  /** @param at milliseconds since 1970; by default now. @returns how many tokens were changed */
  async expire(tokens: TokenSelector, at?: number): Promise<number> {
    return ((await this.#call("POST", "expire", { tokens, at })) as { expired: number }).expired;
  }

  async behave(rule: BehaviourRule): Promise<void> {
    await this.#call("POST", "behaviours", rule);
  }

  /** Takes every rule back. */
  async behaveWell(): Promise<void> {
    await this.#call("DELETE", "behaviours");
  }

  /** Lets go of the answers that rules hold, and keeps the rules. */
  async release(): Promise<void> {
    await this.#call("POST", "release");
  }

  /** Requests of others with a number above `after`, oldest first. */
  async requests(after = 0): Promise<readonly LoggedRequest[]> {
    return ((await this.#call("GET", `requests?after=${after}`)) as { requests: readonly LoggedRequest[] })
      .requests;
  }

  async forgetRequests(): Promise<void> {
    await this.#call("DELETE", "requests");
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#base}/control/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#secret}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new ExpectedError(
        `The stand-in for Anthropic at ${this.#base} does not answer; run "npm run up".`,
        {
          cause: error,
        },
      );
    });
    const content: unknown = await response.json();
    if (response.ok) return content;
    throw new ExpectedError(
      `The stand-in for Anthropic refused ${method} ${path}: ${JSON.stringify(content)}`,
    );
  }
}
