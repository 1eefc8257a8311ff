/** The texts of the two measured versions of the CLI, and their differences. See test/fixtures/claude-cases. */

export const CLAUDE_VERSIONS = ["2.1.330", "2.1.197"] as const;
export type ClaudeVersion = (typeof CLAUDE_VERSIONS)[number];

/** Differences between the versions. */
export interface ClaudeManner {
  readonly terminalReasonOnError: "api_error" | "completed";
  /** Whether a refresh keeps `refreshTokenExpiresAt`. */
  readonly keepsLoginEnd: boolean;
  /** After how many milliseconds without a touch a refresh lock is taken over. */
  readonly staleMs: number;
  /** How long to wait for a lock; undefined: until it is stale. */
  readonly lockPatienceMs: number | undefined;
  /** Whether a refused token is sent again as often as the retries allow, or only once. */
  readonly refreshesForEachRetry: boolean;
  /** Whether a login whose refresh was refused is still sent to the API, with another text. */
  readonly asksWithRefusedLogin: boolean;
  /** Whether the file's login is used after a token of the environment was refused. */
  readonly fallsBackToFile: boolean;
  /** Whether the CLI retries when the API throttles. */
  readonly retriesThrottled: boolean;
  /** Whether the CLI overwrites only the login that it has refreshed or seen refused. */
  readonly comparesBeforeWriting: boolean;
  /** The exit code when the login could not be stored. */
  readonly exitWhenNotStored: 0 | 1;
  readonly texts: {
    readonly refusedLogin: string;
    readonly blankLogin: string;
    readonly revoked: string;
    readonly notAllowed: string;
    readonly usage: string;
    readonly model: string;
    readonly refused: string;
    readonly timedOut: (timeoutMs: number) => string;
  };
}

export const NOT_LOGGED_IN = "Not logged in · Please run /login";
export const LOCKED =
  "Failed to refresh OAuth token: another Claude Code process is refreshing it or exited mid-refresh.";
export const THROTTLED =
  "API Error: Server is temporarily limiting requests (not your usage limit) · This request would exceed your account's rate limit. Please try again later.";

const EXPIRED = "Failed to authenticate: OAuth session expired and could not be refreshed";
const TRY_ANOTHER =
  "It may not exist or you may not have access to it. Run --model to pick a different model.";

export const MANNERS: Readonly<Record<ClaudeVersion, ClaudeManner>> = {
  "2.1.330": {
    terminalReasonOnError: "api_error",
    keepsLoginEnd: true,
    staleMs: 60_000,
    lockPatienceMs: 8000,
    refreshesForEachRetry: false,
    asksWithRefusedLogin: true,
    fallsBackToFile: false,
    retriesThrottled: true,
    comparesBeforeWriting: true,
    exitWhenNotStored: 1,
    texts: {
      refusedLogin: EXPIRED,
      blankLogin: EXPIRED,
      revoked:
        "Failed to authenticate: OAuth token revoked. Please log in again or contact your administrator.",
      notAllowed:
        "Claude Code can't use your Claude subscription, usually because a payment is past due · Pay or renew at https://claude.ai/settings/billing (if you just paid, try again shortly), or use an Anthropic API key instead",
      usage: "You've hit your 5-hour limit · resets 3:23am (UTC)",
      model: `There's an issue with the selected model (claude-haiku-5-5). ${TRY_ANOTHER}`,
      refused: "API Error: Connection refused — a firewall or proxy may be blocking it (ECONNREFUSED)",
      timedOut: (timeoutMs) =>
        `Request timed out. If the API is slow to answer, or a proxy or gateway holds responses, set API_TIMEOUT_MS above ${timeoutMs}.`,
    },
  },
  "2.1.197": {
    terminalReasonOnError: "completed",
    keepsLoginEnd: false,
    staleMs: 10_000,
    lockPatienceMs: undefined,
    refreshesForEachRetry: true,
    asksWithRefusedLogin: false,
    fallsBackToFile: true,
    retriesThrottled: false,
    comparesBeforeWriting: false,
    exitWhenNotStored: 0,
    texts: {
      refusedLogin: NOT_LOGGED_IN,
      blankLogin: NOT_LOGGED_IN,
      revoked:
        "Your account does not have access to Claude. Please login again or contact your administrator.",
      notAllowed:
        "Your organization has disabled Claude subscription access for Claude Code · Use an Anthropic API key instead, or ask your admin to enable access",
      usage: "You've hit your session limit · resets 3:34am (UTC)",
      model: `There's an issue with the selected model (claude-haiku-4-5-20251001). ${TRY_ANOTHER}`,
      refused: "API Error: Unable to connect to API (ConnectionRefused)",
      timedOut: () => "Request timed out",
    },
  },
};

/** Returns the text for a status that is the same in both versions. */
export function serverTrouble(status: number): string {
  const what = status === 529 ? "529 Overloaded" : `${status} Internal server error`;
  return `API Error: ${what}. This is a server-side issue, usually temporary — try again in a moment. If it persists, check https://status.claude.com.`;
}
