/** Sends one plain request to the Messages API, and returns what the answer says about the credential. */
import { textOf, type OauthObject } from "./credentials.ts";
import { outcomeOfError, type CallEnd } from "./answer-patterns.ts";
import { exchange, jsonHeaders } from "../lib/http-exchange.ts";
import { isMapping } from "../lib/is-mapping.ts";
import { parseJson } from "../lib/parse-json.ts";
import { plainText } from "../lib/printable.ts";

/** The API, and the credential. */
export interface MessagesCall {
  /** Base URL of the API, or of a gateway that speaks it. */
  readonly url: string;
  readonly model: string;
  readonly bearer: string;
  /** Further headers that this kind of credential needs. */
  readonly headers?: Readonly<Record<string, string>>;
}

const DEADLINE_MS = 90_000;

/** Asks for a few words. See https://platform.claude.com/docs/en/api/messages */
export async function callMessages({ url, model, bearer, headers = {} }: MessagesCall): Promise<CallEnd> {
  const body = JSON.stringify({ model, max_tokens: 8, messages: [{ role: "user", content: "Reply OK" }] });
  const basic = { Authorization: `Bearer ${bearer}`, "anthropic-version": "2023-06-01" };
  const end = await exchange(new URL(`${url.replace(/\/+$/, "")}/v1/messages`), {
    method: "POST",
    headers: { ...basic, ...headers, ...jsonHeaders(body) },
    body,
    deadlineMs: DEADLINE_MS,
  });
  if (end.kind === "none") return { outcome: "upstream", why: end.why };
  if (end.status === 200) {
    const answer = parseJson(end.text);
    if (isMapping(answer) && answer["type"] === "message") return { outcome: "ok", why: "" };
    return { outcome: "unknown", why: "200, but the answer is not a message" };
  }
  return { outcome: outcomeOfError(end.status, end.text), why: `${end.status}: ${plainText(end.text, 300)}` };
}

/** Asks with the token of a login or of `claude setup-token`. The API accepts such a token only with this header. */
export function callWithToken(oauth: OauthObject, url: string, model: string): Promise<CallEnd> {
  const headers = { "anthropic-beta": "oauth-2025-04-20" };
  return callMessages({ url, model, bearer: textOf(oauth, "accessToken"), headers });
}
