/** The stand-in's side that Claude Code speaks to: messages, refresh, profile. Everything else is 404. */
import * as z from "zod";
import { type Accounts } from "./accounts.ts";
import { type Answer, apiError, EXPIRED_TOKEN, json, messageAnswer, messageFailure } from "./answers.ts";
import type { Behaviours } from "./behaviours.ts";
import { parseJson } from "../../../lib/parse-json.ts";
import { askerOf, credentialOf, type ApiRequest, type ApiResult, type ApiTarget } from "./requests.ts";
import { answerToken } from "./oauth.ts";
import type { TokenEntry } from "./tokens.ts";

/** Without it the real API refuses an OAuth token. */
const OAUTH_BETA = "oauth-2025-04-20";

const messagesBody = z.object({ model: z.string(), stream: z.boolean().optional() });

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
