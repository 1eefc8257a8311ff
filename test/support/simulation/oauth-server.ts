/**
 * A model of Anthropic's server for logins: grants whose refresh tokens work once, access tokens that expire, and trouble.
 * It records who has sent which token, and whether that token was used up before.
 */

/** What `POST /v1/messages` can do instead of checking the token. */
export type MessageTrouble =
  | "ok"
  | "401-expired"
  | "401-invalid"
  | "403-not-allowed"
  | "403-revoked"
  | "400-credit"
  | "404-model"
  | "429"
  | "429-usage"
  | "500"
  | "529"
  | "hang"
  | "refused";

/** What `POST /v1/oauth/token` can do. The last two happen after the token was used up. */
export type RefreshTrouble =
  | "invalid-grant"
  | "500"
  | "429"
  | "403"
  | "502-html"
  | "hang"
  | "refused"
  | "ok-without-refresh-token"
  | "hang-after-rotation"
  | "500-after-rotation";

export type MessageReply =
  | { readonly kind: "answer"; readonly status: number; readonly text: string }
  | { readonly kind: "hang" }
  | { readonly kind: "refused" };

export type RefreshReply =
  | {
      readonly kind: "ok";
      readonly accessToken: string;
      readonly refreshToken: string | undefined;
      readonly lastsMs: number;
    }
  | { readonly kind: "invalid-grant" | "failed" | "hang" | "refused" };

/** One sign-in of a person. */
export interface Grant {
  readonly id: number;
  readonly email: string;
  /** When it ends. A refresh does not extend it. */
  readonly endsAt: number;
  revoked: boolean;
}

/** The sender of a request. */
export interface Sender {
  readonly pid: number;
  /** The configuration folder of the CLI. */
  readonly folder: string;
}

/** A refresh token that was sent. */
export interface Sent {
  readonly at: number;
  readonly token: string;
  readonly by: Sender;
  /** The sender that had used the token up before, and when. */
  readonly usedUp: { readonly at: number; readonly by: Sender } | undefined;
}

const ACCESS_MS = 8 * 3_600_000;
const LOGIN_MS = 30 * 86_400_000;

/** See the file's comment. */
export class OauthServer {
  readonly grants: Grant[] = [];
  readonly sent: Sent[] = [];
  messages = 0;
  refreshes = 0;
  /** The access tokens whose messages were answered with 200, newest last. */
  readonly accepted: { readonly at: number; readonly by: Sender }[] = [];
  messageTrouble: MessageTrouble | undefined;
  refreshTrouble: RefreshTrouble | undefined;
  /** The trouble ends after this many refreshes. */
  refreshTroubleTimes = Infinity;
  readonly #now: () => number;
  readonly #refresh = new Map<
    string,
    { readonly grant: Grant; usedUp: Sent["usedUp"]; successor: string | undefined }
  >();
  readonly #access = new Map<string, { readonly grant: Grant; readonly endsAt: number; revoked: boolean }>();
  #count = 0;

  /** @param now the true time in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Signs a person in.
   * @param wall the time of the person's host
   * @returns what the CLI stores as `claudeAiOauth`
   */
  login(
    email: string,
    wall: number,
    lifetimeMs = LOGIN_MS,
  ): { readonly grant: Grant; readonly oauth: Record<string, unknown> } {
    const endsAt = this.#now() + lifetimeMs;
    const grant: Grant = { id: this.grants.length + 1, email, endsAt, revoked: false };
    this.grants.push(grant);
    const { accessToken, refreshToken, lastsMs } = this.#issue(grant);
    const oauth = {
      accessToken,
      refreshToken,
      expiresAt: wall + lastsMs,
      // Two sign-ins must not end in the same millisecond.
      refreshTokenExpiresAt: wall + lifetimeMs + grant.id,
      scopes: ["user:inference", "user:profile"],
      subscriptionType: "max",
      rateLimitTier: "default_claude_max_5x",
      xUnknownInner: "kept",
    };
    return { grant, oauth };
  }

  /** Whether this refresh token would be accepted. */
  isLive(token: string): boolean {
    const found = this.#refresh.get(token);
    if (found === undefined || found.usedUp !== undefined) return false;
    return !found.grant.revoked && found.grant.endsAt > this.#now();
  }

  grantOf(token: string): Grant | undefined {
    return this.#refresh.get(token)?.grant;
  }

  /** Returns when this token was used up, and by which sender. */
  usedUp(token: string): Sent["usedUp"] {
    return this.#refresh.get(token)?.usedUp;
  }

  /** Whether refreshes lead from `a` to `b`. */
  precedes(a: string, b: string): boolean {
    for (let token = this.successorOf(a); token !== undefined; token = this.successorOf(token))
      if (token === b) return true;
    return false;
  }

  /** Returns the token for which this token was exchanged. */
  successorOf(token: string): string | undefined {
    return this.#refresh.get(token)?.successor;
  }

  revokeAccess(grant: Grant): void {
    for (const access of this.#access.values()) if (access.grant === grant) access.revoked = true;
  }

  emailOf(accessToken: string): string | undefined {
    return this.#access.get(accessToken)?.grant.email;
  }

  /** Answers one inference. */
  message(accessToken: string, by: Sender): MessageReply {
    const trouble = this.messageTrouble;
    if (trouble === "refused") return { kind: "refused" };
    this.messages++;
    if (trouble === "hang") return { kind: "hang" };
    if (trouble !== undefined && trouble !== "ok") return troubled(trouble);
    const access = this.#access.get(accessToken);
    if (trouble !== "ok") {
      if (access === undefined || access.revoked || access.grant.revoked) return troubled("401-invalid");
      if (access.endsAt <= this.#now()) return troubled("401-expired");
    }
    this.accepted.push({ at: this.#now(), by });
    return { kind: "answer", status: 200, text: "OK" };
  }

  /** Answers one refresh. A working token is used up when its request arrives, also when the answer is lost. */
  refresh(token: string, by: Sender): RefreshReply {
    const trouble = this.#takeTrouble();
    if (trouble === "refused") return { kind: "refused" };
    this.refreshes++;
    const found = this.#refresh.get(token);
    this.sent.push({ at: this.#now(), token, by, usedUp: found?.usedUp });
    if (trouble === "hang") return { kind: "hang" };
    if (trouble === "invalid-grant") return { kind: "invalid-grant" };
    const early = trouble === "500" || trouble === "429" || trouble === "403" || trouble === "502-html";
    if (early) return { kind: "failed" };
    if (found === undefined || !this.isLive(token)) return { kind: "invalid-grant" };
    if (trouble === "ok-without-refresh-token") {
      return { kind: "ok", ...this.#issue(found.grant, token), refreshToken: undefined };
    }
    found.usedUp = { at: this.#now(), by };
    const issued = this.#issue(found.grant);
    found.successor = issued.refreshToken;
    if (trouble === "hang-after-rotation") return { kind: "hang" };
    if (trouble === "500-after-rotation") return { kind: "failed" };
    return { kind: "ok", ...issued };
  }

  /** Accepts a token that was not issued here. Replayed cases need it. */
  adopt(tokens: {
    readonly accessToken: string;
    readonly refreshToken?: string;
    readonly endsAt: number;
  }): Grant {
    const grant: Grant = {
      id: this.grants.length + 1,
      email: "a@example.com",
      endsAt: Infinity,

      revoked: false,
    };
    this.grants.push(grant);
    this.#access.set(tokens.accessToken, { grant, endsAt: tokens.endsAt, revoked: false });
    if (tokens.refreshToken !== undefined) {
      this.#refresh.set(tokens.refreshToken, { grant, usedUp: undefined, successor: undefined });
    }
    return grant;
  }

  #takeTrouble(): RefreshTrouble | undefined {
    const trouble = this.refreshTrouble;
    if (trouble !== undefined && --this.refreshTroubleTimes <= 0) {
      this.refreshTrouble = undefined;
      this.refreshTroubleTimes = Infinity;
    }
    return trouble;
  }

  #issue(grant: Grant, refreshToken = `RT-${++this.#count}-g${grant.id};`) {
    const accessToken = `AT-${++this.#count}-g${grant.id};`;
    this.#access.set(accessToken, { grant, endsAt: this.#now() + ACCESS_MS, revoked: false });
    if (!this.#refresh.has(refreshToken)) {
      this.#refresh.set(refreshToken, { grant, usedUp: undefined, successor: undefined });
    }
    return { accessToken, refreshToken, lastsMs: ACCESS_MS };
  }
}

function troubled(trouble: Exclude<MessageTrouble, "ok" | "hang" | "refused">): MessageReply {
  const { status, text } = ANSWERS[trouble];
  return { kind: "answer", status, text };
}

/** The API's texts. The CLI makes its own texts of them: see claude-model.ts. */
const ANSWERS = {
  "401-expired": {
    status: 401,
    text: "OAuth token has expired. Please obtain a new token or refresh your existing token.",
  },
  "401-invalid": { status: 401, text: "Invalid bearer token" },
  "403-not-allowed": {
    status: 403,
    text: "OAuth authentication is currently not allowed for this organization.",
  },
  "403-revoked": { status: 403, text: "OAuth token has been revoked." },
  "400-credit": { status: 400, text: "Credit balance is too low" },
  "404-model": { status: 404, text: "model" },
  "429": { status: 429, text: "rate limit" },
  "429-usage": { status: 429, text: "usage limit" },
  "500": { status: 500, text: "Internal server error" },
  "529": { status: 529, text: "Overloaded" },
} as const;
