/** The real API's answers, word for word where the CLI reads the words. */
import { randomBytes } from "node:crypto";
import type { MessageBehaviour, RefreshBehaviour } from "./behaviours.ts";

/** What is sent back, or that nothing is. */
export type Answer =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: "hang" }
  | { readonly kind: "close" };

/** An answer in JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    kind: "answer",
    status,
    headers: { "content-type": "application/json", "request-id": requestId(), ...headers },
    body: JSON.stringify(body),
  };
}

/** An error as the message API words it. */
export function apiError(
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return json(status, { type: "error", error: { type, message }, request_id: requestId() }, headers);
}

export const EXPIRED_TOKEN =
  "OAuth token has expired. Please obtain a new token or refresh your existing token.";

const RATE_LIMIT = "This request would exceed your account's rate limit. Please try again later.";

/** A told-to-fail answer of the message API; `now` in milliseconds since 1970, `model` and `token` as they were sent. */
export function messageFailure(
  behaviour: Exclude<MessageBehaviour, "ok">,
  model: string,
  now: number,
  token = "",
): Answer {
  switch (behaviour) {
    case "401-expired":
      return apiError(401, "authentication_error", EXPIRED_TOKEN);
    case "401-invalid":
      return apiError(401, "authentication_error", "Invalid bearer token");
    case "403-not-allowed":
      return apiError(
        403,
        "permission_error",
        "OAuth authentication is currently not allowed for this organization.",
      );
    case "403-revoked":
      return apiError(403, "permission_error", "OAuth token has been revoked. Please obtain a new token.");
    case "400-credit":
      return apiError(
        400,
        "invalid_request_error",
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
      );
    // No real answer: a server that repeats what it was sent must not bring a token into anybody's log.
    case "400-echo":
      return apiError(400, "invalid_request_error", `The token ${token} cannot be used for this`);
    case "404-model":
      return apiError(404, "not_found_error", `model: ${model}`);
    case "413":
      return apiError(413, "request_too_large", "Request exceeds the maximum size");
    case "429":
      return apiError(429, "rate_limit_error", RATE_LIMIT);
    case "429-retry-after":
      return apiError(429, "rate_limit_error", RATE_LIMIT, { "retry-after": "2" });
    case "429-usage":
      return apiError(429, "rate_limit_error", RATE_LIMIT, usageHeaders(now));
    case "500":
      return apiError(500, "api_error", "Internal server error");
    case "529":
      return apiError(529, "overloaded_error", "Overloaded");
    case "hang":
    case "close":
      return { kind: behaviour };
  }
}

/** The headers that tell a used-up seat from a busy server: the five-hour window ends in one hour. */
function usageHeaders(now: number): Readonly<Record<string, string>> {
  const reset = String(Math.floor(now / 1000) + 3600);
  return {
    "retry-after": "3600",
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-representative-claim": "five_hour",
    "anthropic-ratelimit-unified-reset": reset,
    "anthropic-ratelimit-unified-5h-status": "rejected",
    "anthropic-ratelimit-unified-5h-utilization": "1.0",
    "anthropic-ratelimit-unified-5h-reset": reset,
  };
}

/** A told-to-fail answer of the OAuth token endpoint. */
export function refreshFailure(
  behaviour: Exclude<RefreshBehaviour, "ok" | "ok-without-refresh-token">,
): Answer {
  switch (behaviour) {
    case "invalid-grant":
      return INVALID_GRANT;
    case "invalid-grant-401":
      return json(401, INVALID_GRANT_BODY);
    case "invalid-client":
      return json(401, { error: "invalid_client", error_description: "Client authentication failed" });
    case "403":
      return json(403, { error: { type: "forbidden", message: "Request not allowed" } });
    case "429":
      return json(429, { error: { type: "rate_limit_error", message: RATE_LIMIT } });
    case "500":
      return json(500, { error: { type: "api_error", message: "Internal server error" } });
    case "502-html":
      return {
        kind: "answer",
        status: 502,
        headers: { "content-type": "text/html" },
        body: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>",
      };
    case "hang":
    case "hang-after-rotation":
      return { kind: "hang" };
    case "close":
    case "close-after-rotation":
      return { kind: "close" };
  }
}

const INVALID_GRANT_BODY = {
  error: "invalid_grant",
  error_description: "Refresh token not found or invalid",
};

/** For a refresh token that is unknown, used, revoked or expired. */
export const INVALID_GRANT = json(400, INVALID_GRANT_BODY);

/** The model's answer "OK", whole or as the events of a stream. */
export function messageAnswer(model: string, stream: boolean): Answer {
  const usage = {
    input_tokens: 10,
    output_tokens: 1,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
  };
  const message = {
    id: `msg_${randomBytes(12).toString("hex")}`,
    type: "message",
    role: "assistant",
    model,
    content: [{ type: "text", text: "OK" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage,
  };
  if (!stream) return json(200, message);
  const events = [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "OK" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage },
    { type: "message_stop" },
  ];
  const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  return {
    kind: "answer",
    status: 200,
    headers: { "content-type": "text/event-stream; charset=utf-8", "request-id": requestId() },
    body,
  };
}

function requestId(): string {
  return `req_${randomBytes(12).toString("hex")}`;
}
