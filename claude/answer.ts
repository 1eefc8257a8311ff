/**
 * What the CLI's words mean. Its texts change from version to version, so each meaning is tied to the status that comes
 * with it, and a text that is not known means nothing. The texts were seen with 2.1.197 and 2.1.330.
 */
import * as z from "zod";
import type { CallEnd, CallOutcome } from "./call-outcome.ts";
import type { ClaudeEnd } from "./process.ts";

type EndedClaude = Extract<ClaudeEnd, { kind: "ended" }>;

/** The CLI's answer with `--output-format json`; every error is one too, with `subtype` "success". */
const answer = z.object({
  type: z.literal("result"),
  is_error: z.boolean(),
  api_error_status: z.number().nullish(),
  result: z.string().default(""),
});

/** What was said, apart from what the file has become. */
export type Said =
  | { readonly kind: "ok"; readonly exitOk: boolean }
  | { readonly kind: "nothing"; readonly words: string }
  /** `text` is the CLI's own. */
  | { readonly kind: "error"; readonly error: ErrorKind; readonly text: string }
  | { readonly kind: "odd"; readonly text: string };

/**
 * Kinds of errors. `unauthorized`: 401. `revoked`: 403 for the login. `forbidden`: any other 403, which is known only
 * not to be an organisation's. `signed-out`: no status, 'Not logged in' or 'expired'.
 */
export type ErrorKind =
  | "unauthorized"
  | "revoked"
  | "not-allowed"
  | "forbidden"
  | "no-credit"
  | "model"
  | "usage"
  | "throttled"
  | "server"
  | "network"
  | "refreshing"
  | "signed-out"
  | "unknown";

interface Pattern {
  readonly status: number | null;
  readonly text: RegExp;
  readonly error: ErrorKind;
}

/** First match wins. A status that stands here matches only with a text that stands beside it. */
const PATTERNS: readonly Pattern[] = [
  { status: 403, text: /OAuth token (?:has been )?revoked\b/i, error: "revoked" },
  { status: 403, text: /^Your account does not have access to Claude\b/i, error: "revoked" },
  { status: 403, text: /^Claude Code can't use your Claude subscription\b/i, error: "not-allowed" },
  {
    status: 403,
    text: /^Your organization has disabled Claude subscription access\b/i,
    error: "not-allowed",
  },
  { status: 403, text: /\bnot allowed for this organization\b/i, error: "not-allowed" },
  { status: 400, text: /^Credit balance is too low\b/i, error: "no-credit" },
  { status: 404, text: /\bissue with the selected model\b/i, error: "model" },
  { status: 429, text: /^You've hit your [a-z0-9 -]{1,40}limit\b/i, error: "usage" },
  { status: 429, text: /(?:)/, error: "throttled" },
  { status: null, text: /\banother Claude Code process is refreshing\b/i, error: "refreshing" },
  { status: null, text: /^Not logged in\b/i, error: "signed-out" },
  { status: null, text: /\bOAuth session expired\b|\bOAuth token (?:has )?expired\b/i, error: "signed-out" },
  { status: null, text: /^API Error: (?:Connection |Unable to connect |Can't reach )/i, error: "network" },
  { status: null, text: /^(?:API Error: )?(?:Request timed out|No response from API)\b/i, error: "network" },
  {
    status: null,
    text: /\((?:E(?:CONN(?:REFUSED|RESET|ABORTED)|AI_AGAIN|NOTFOUND|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE)|FailedToOpenSocket|ConnectionRefused)\)/,
    error: "network",
  },
];

/** What an ended CLI has said. */
export function saidBy(end: EndedClaude): Said {
  if (end.stdout.trim() === "") {
    return { kind: "nothing", words: end.stderr.trim() || "it said nothing" };
  }
  const parsed = parse(end.stdout);
  if (parsed === undefined) return { kind: "odd", text: `it did not answer in JSON: ${end.stdout.trim()}` };
  if (!parsed.is_error) return { kind: "ok", exitOk: end.code === 0 };
  const text = parsed.result.trim();
  return { kind: "error", error: errorKind(parsed.api_error_status ?? null, text), text };
}

/** What each kind of error says about a credential that cannot be refreshed. */
const OUTCOMES: Readonly<Record<ErrorKind, CallOutcome>> = {
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
};

/** Returns what one call of an ended CLI says about its credential, where the CLI had nothing to refresh. */
export function callEndOf(end: EndedClaude): CallEnd {
  if (end.signal !== null) return { outcome: "upstream", why: `the CLI was ended by ${end.signal}` };
  const said = saidBy(end);
  switch (said.kind) {
    case "ok":
      if (said.exitOk) return { outcome: "ok", why: "" };
      return { outcome: "unknown", why: `the CLI answered and then ended with exit code ${end.code}` };
    case "nothing":
      return { outcome: "unknown", why: `the CLI gave no answer (exit code ${end.code}): ${said.words}` };
    case "odd":
      return { outcome: "unknown", why: said.text };
    case "error":
      return { outcome: OUTCOMES[said.error], why: said.text };
  }
}

function errorKind(status: number | null, text: string): ErrorKind {
  // A 401 is told by its status alone: what it means depends on the file, never on the words.
  if (status === 401) return "unauthorized";
  if (status !== null && status >= 500 && status <= 599) return "server";
  const known = PATTERNS.find((pattern) => pattern.status === status && pattern.text.test(text));
  if (known !== undefined) return known.error;
  return status === 403 ? "forbidden" : "unknown";
}

function parse(stdout: string): z.infer<typeof answer> | undefined {
  try {
    return answer.parse(JSON.parse(stdout));
  } catch {
    return undefined;
  }
}
