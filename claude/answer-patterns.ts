/**
 * What the answers of the CLI and of the Messages API mean. The CLI's texts change from version to version. Each meaning
 * is therefore tied to the HTTP status that comes with the text, and an unknown text means nothing. The texts were
 * measured with 2.1.197 and 2.1.330.
 */
import * as z from "zod";
import { parseJson } from "../lib/parse-json.ts";
import type { ClaudeEnd } from "./process.ts";

type EndedClaude = Extract<ClaudeEnd, { kind: "ended" }>;

/** The CLI's answer with `--output-format json`. An error has this shape too, with `subtype` "success". */
const answerShape = z.object({
  type: z.literal("result"),
  is_error: z.boolean(),
  api_error_status: z.number().nullish(),
  result: z.string().default(""),
});

/** The first pattern whose status and text both match decides. `null`: the answer names no status. */
const PATTERNS: readonly { status: number | null; text: RegExp; kind: AnswerKind }[] = [
  { status: 403, text: /OAuth token (?:has been )?revoked\b/i, kind: "revoked" },
  { status: 403, text: /^Your account does not have access to Claude\b/i, kind: "revoked" },
  { status: 403, text: /^Claude Code can't use your Claude subscription\b/i, kind: "not-allowed" },
  { status: 403, text: /^Your organization has disabled Claude subscription access\b/i, kind: "not-allowed" },
  { status: 403, text: /\bnot allowed for this organization\b/i, kind: "not-allowed" },
  { status: 400, text: /^Credit balance is too low\b/i, kind: "no-credit" },
  { status: 404, text: /\bissue with the selected model\b/i, kind: "model" },
  { status: 429, text: /^You've hit your [a-z0-9 -]{1,40}limit\b/i, kind: "usage" },
  { status: 429, text: /(?:)/, kind: "throttled" },
  { status: null, text: /\banother Claude Code process is refreshing\b/i, kind: "refreshing" },
  { status: null, text: /^Not logged in\b/i, kind: "signed-out" },
  { status: null, text: /\bOAuth session expired\b|\bOAuth token (?:has )?expired\b/i, kind: "signed-out" },
  { status: null, text: /^API Error: (?:Connection |Unable to connect |Can't reach )/i, kind: "network" },
  { status: null, text: /^(?:API Error: )?(?:Request timed out|No response from API)\b/i, kind: "network" },
  {
    status: null,
    text: /\((?:E(?:CONN(?:REFUSED|RESET|ABORTED)|AI_AGAIN|NOTFOUND|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE)|FailedToOpenSocket|ConnectionRefused)\)/,
    kind: "network",
  },
];

/** Returns what an ended CLI has answered. `text` is the CLI's own, and empty for `ok` and `bad-exit`. */
export function answerOf(end: EndedClaude): { readonly kind: AnswerKind; readonly text: string } {
  if (end.stdout.trim() === "") return { kind: "nothing", text: end.stderr.trim() || "it said nothing" };
  const parsed = answerShape.safeParse(parseJson(end.stdout)).data;
  if (parsed === undefined)
    return { kind: "unknown", text: `it did not answer in JSON: ${end.stdout.trim()}` };
  if (!parsed.is_error) return { kind: end.code === 0 ? "ok" : "bad-exit", text: "" };
  const text = parsed.result.trim();
  return { kind: errorKind(parsed.api_error_status ?? null, text), text };
}

function errorKind(status: number | null, text: string): AnswerKind {
  // What a 401 means depends on the credentials file, never on the text.
  if (status === 401) return "unauthorized";
  if (status !== null && status >= 500 && status <= 599) return "server";
  const known = PATTERNS.find((pattern) => pattern.status === status && pattern.text.test(text));
  if (known !== undefined) return known.kind;
  return status === 403 ? "forbidden" : "unknown";
}

/**
 * What one real call of the API says about the credential that it was made with. `ok`: the API accepted the credential.
 * `refused`: the credential is dead. `not-allowed`: the organisation or its credit. `limit`: a usage limit. `upstream`: the
 * API or the way to it is in trouble. `unknown`: anything else, which proves nothing.
 */
export const CALL_OUTCOMES = ["ok", "refused", "not-allowed", "limit", "upstream", "unknown"] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** How a call ended. `why` may quote the server, and is empty for `ok`. */
export interface CallEnd {
  readonly outcome: CallOutcome;
  readonly why: string;
}

/**
 * What an ended CLI can answer, and what each answer says about a credential that cannot be refreshed. `ok`: it generated
 * output. `bad-exit`: it did, and then ended with an exit code. `nothing`: its standard output was empty. `unauthorized`: 401.
 * `revoked`: 403 for the login. `not-allowed`: 403 for the organisation. `forbidden`: any other 403. `signed-out`: no status,
 * "Not logged in" or "expired". `unknown`: an unknown text, or no JSON.
 */
const OUTCOMES = {
  ok: "ok",
  "bad-exit": "unknown",
  nothing: "unknown",
  unauthorized: "refused",
  revoked: "refused",
  "not-allowed": "not-allowed",
  "no-credit": "not-allowed",
  forbidden: "unknown",
  model: "unknown",
  usage: "limit",
  throttled: "upstream",
  server: "upstream",
  network: "upstream",
  refreshing: "upstream",
  "signed-out": "unknown",
  unknown: "unknown",
} as const satisfies Readonly<Record<string, CallOutcome>>;
export type AnswerKind = keyof typeof OUTCOMES;

/** Returns what one call of an ended CLI says about its credential, where the CLI had nothing to refresh. */
export function callEndOf(end: EndedClaude): CallEnd {
  if (end.signal !== null) return { outcome: "upstream", why: `the CLI was ended by ${end.signal}` };
  const { kind, text } = answerOf(end);
  return { outcome: OUTCOMES[kind], why: callWords(kind, text, end.code) };
}

function callWords(kind: AnswerKind, text: string, code: number | null): string {
  if (kind === "bad-exit") return `the CLI answered and then ended with exit code ${code}`;
  if (kind === "nothing") return `the CLI gave no answer (exit code ${code}): ${text}`;
  return text;
}

/** Returns what an error of the Messages API says about the token. The API answers a revoked token with 403 or 401. */
export function outcomeOfError(status: number, text: string): CallOutcome {
  if (status === 401 || (status === 403 && /revoked/i.test(text))) return "refused";
  if (status === 403 || (status === 400 && /credit/i.test(text))) return "not-allowed";
  if (status === 429) return "limit";
  return status >= 500 ? "upstream" : "unknown";
}
