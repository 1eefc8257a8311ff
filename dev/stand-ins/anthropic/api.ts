/** The stand-in's side that Claude Code speaks to: messages, refresh, profile. Everything else is 404. */
import * as z from "zod";
import { type Account, type Accounts, type Grant, sha256, type TokenEntry } from "./accounts.ts";
import {
  type Answer,
  apiError,
  EXPIRED_TOKEN,
  INVALID_GRANT,
  json,
  messageAnswer,
  messageFailure,
  refreshFailure,
} from "./answers.ts";
import type { Asker, Behaviours } from "./behaviours.ts";
import type { LoginCodes } from "./login-codes.ts";
import { parseJson } from "../../../lib/parse-json.ts";

/** What the API answers from. */
export interface ApiTarget {
  readonly accounts: Accounts;
  readonly behaviours: Behaviours;
  readonly codes: LoginCodes;
}

/** A request, read and unpacked. */
export interface ApiRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An answer, how long to wait with it, and what the log should know of the body. */
export interface ApiResult {
  readonly answer: Answer;
  readonly delayMs: number;
  /** Whether it waits for a release. */
  readonly hold?: boolean;
  readonly noted: Readonly<Record<string, string>>;
}

/** Without it the real API refuses an OAuth token. */
const OAUTH_BETA = "oauth-2025-04-20";

const messagesBody = z.object({ model: z.string(), stream: z.boolean().optional() });

const tokenBody = z.discriminatedUnion("grant_type", [
  z.object({
    grant_type: z.literal("refresh_token"),
    refresh_token: z.string(),
    scope: z.string().optional(),
  }),
  z.object({
    grant_type: z.literal("authorization_code"),
    code: z.string(),
    /** Seconds; `claude setup-token` asks for a year, a login for nothing. */
    expires_in: z.number().positive().optional(),
  }),
]);

/** Answers one request of Claude Code, or of anything else that uses the API. */
export function answerApi(request: ApiRequest, target: ApiTarget): ApiResult {
  const { accounts, behaviours } = target;
  switch (`${request.method} ${request.path}`) {
    case "POST /v1/messages":
      return answerMessages(request, accounts, behaviours);
    case "POST /v1/oauth/token":
      return answerToken(request, target);
    case "GET /api/oauth/profile":
      return { answer: answerProfile(request, accounts), delayMs: 0, noted: {} };
    case "HEAD /":
      return { answer: json(200, {}), delayMs: 0, noted: {} };
    default:
      return { answer: apiError(404, "not_found_error", "Not found"), delayMs: 0, noted: {} };
  }
}

/** What a request authenticates with, and by which header; undefined when with nothing. */
export function credentialOf(
  headers: ApiRequest["headers"],
): { readonly header: "authorization" | "x-api-key"; readonly token: string } | undefined {
  const bearer = /^Bearer (.+)$/.exec(String(headers.authorization ?? ""))?.[1];
  if (bearer !== undefined) return { header: "authorization", token: bearer };
  const key = headers["x-api-key"];
  return typeof key === "string" ? { header: "x-api-key", token: key } : undefined;
}

function askerOf(token: string | undefined, accounts: Accounts): Asker {
  if (token === undefined) return { email: undefined, sha256: undefined };
  return { email: accounts.owner(token), sha256: sha256(token) };
}

function answerMessages(request: ApiRequest, accounts: Accounts, behaviours: Behaviours): ApiResult {
  const body = messagesBody.safeParse(parseJson(request.body));
  const model = body.data?.model ?? "";
  const token = credentialOf(request.headers)?.token;
  const { name, ...wait } = behaviours.take("messages", askerOf(token, accounts));
  const noted = { model };
  if (name !== "ok") return { answer: messageFailure(name, model, Date.now(), token), ...wait, noted };
  const refusal = authenticate(request, accounts);
  if ("answer" in refusal) return { answer: refusal.answer, ...wait, noted };
  if (!body.success) {
    const why = apiError(400, "invalid_request_error", "messages: the body is not a request for a message");
    return { answer: why, ...wait, noted };
  }
  return { answer: messageAnswer(model, body.data.stream ?? false), ...wait, noted };
}

/** The live token that a request carries, or the answer which refuses it. */
function authenticate(
  request: ApiRequest,
  accounts: Accounts,
): { readonly entry: TokenEntry } | { readonly answer: Answer } {
  const refuse = (message: string) => ({ answer: apiError(401, "authentication_error", message) });
  const credential = credentialOf(request.headers);
  if (!credential) return refuse("x-api-key header is required");
  // No API key was ever issued here, and an OAuth token is not one.
  if (credential.header === "x-api-key") return refuse("invalid x-api-key");
  const betas = String(request.headers["anthropic-beta"] ?? "").split(/\s*,\s*/);
  if (!betas.includes(OAUTH_BETA)) return refuse("OAuth authentication is currently not supported.");
  const { verdict, entry } = accounts.judge(credential.token);
  switch (verdict) {
    case "live":
      return entry ? { entry } : refuse("Invalid bearer token");
    case "expired":
      return refuse(EXPIRED_TOKEN);
    case "revoked":
      return {
        answer: apiError(403, "permission_error", "OAuth token has been revoked. Please obtain a new token."),
      };
    case "unknown":
      return refuse("Invalid bearer token");
  }
}

function answerToken(request: ApiRequest, { accounts, behaviours, codes }: ApiTarget): ApiResult {
  const body = tokenBody.safeParse(parseJson(request.body));
  if (!body.success) {
    const answer = json(400, {
      error: "unsupported_grant_type",
      error_description: "Unsupported grant type",
    });
    return { answer, delayMs: 0, noted: {} };
  }
  if (body.data.grant_type === "authorization_code") {
    const email = codes.redeem(body.data.code);
    const noted = { grant_type: body.data.grant_type };
    const { expires_in: seconds } = body.data;
    if (email !== undefined && seconds !== undefined) {
      const account = accounts.account(email);
      const made = accounts.setupToken(account, Date.now() + seconds * 1000);
      return { answer: setupTokenAnswer(account, made.token, made.entry, seconds), delayMs: 0, noted };
    }
    const login = email === undefined ? undefined : accounts.login(accounts.account(email));
    return { answer: login ? grantAnswer(login, true) : INVALID_GRANT, delayMs: 0, noted };
  }
  const token = body.data.refresh_token;
  const noted = { grant_type: body.data.grant_type, refresh_token_sha256: sha256(token) };
  const { name, ...wait } = behaviours.take("refresh", askerOf(token, accounts));
  // Used up on receipt, whatever becomes of the answer.
  if (name === "hang-after-rotation" || name === "close-after-rotation") accounts.refresh(token);
  if (name !== "ok" && name !== "ok-without-refresh-token")
    return { answer: refreshFailure(name), ...wait, noted };
  const grant = accounts.refresh(token, name === "ok");
  return { answer: grant ? grantAnswer(grant, name === "ok") : INVALID_GRANT, ...wait, noted };
}

function grantAnswer(grant: Grant, withRefreshToken: boolean): Answer {
  const seconds = (at: number) => Math.round((at - Date.now()) / 1000);
  return json(200, {
    token_type: "Bearer",
    access_token: grant.accessToken,
    expires_in: seconds(grant.expiresAt),
    ...(withRefreshToken
      ? { refresh_token: grant.refreshToken, refresh_token_expires_in: seconds(grant.refreshTokenExpiresAt) }
      : {}),
    scope: grant.scopes.join(" "),
    organization: grant.account.organization,
    account: { uuid: grant.account.uuid, email_address: grant.account.email },
  });
}

/** A token that cannot be refreshed. */
function setupTokenAnswer(account: Account, token: string, entry: TokenEntry, seconds: number): Answer {
  return json(200, {
    token_type: "Bearer",
    access_token: token,
    expires_in: seconds,
    scope: entry.scopes.join(" "),
    organization: account.organization,
    account: { uuid: account.uuid, email_address: account.email },
  });
}

function answerProfile(request: ApiRequest, accounts: Accounts): Answer {
  const credential = credentialOf(request.headers);
  const judged = credential ? accounts.judge(credential.token) : undefined;
  if (judged?.verdict !== "live" || !judged.entry) {
    return apiError(401, "authentication_error", "Invalid authentication credentials");
  }
  if (!judged.entry.scopes.includes("user:profile")) {
    return apiError(403, "permission_error", "OAuth token does not meet scope requirement user:profile");
  }
  const account = accounts.account(judged.entry.email);
  return json(200, {
    account: {
      uuid: account.uuid,
      email: account.email,
      full_name: account.email,
      display_name: account.email,
    },
    organization: { ...account.organization, organization_type: `claude_${account.subscription}` },
  });
}
