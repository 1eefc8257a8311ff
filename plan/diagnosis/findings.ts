/** What a diagnosis can come to, as data: docs and exit codes are checked against this table. */

/** `SEV2`: calls fail. `SEV3`: calls go on at a price, or fail for some only. */
export type Severity = "SEV2" | "SEV3";

interface FindingFacts {
  readonly exit: number;
  readonly severity: Severity | undefined;
  /** Whether a new token is what mends it. */
  readonly rotate: boolean;
  readonly meaning: string;
}

/** Every verdict, with the exit code of `claude-fleet diagnose`. */
export const FINDINGS = {
  healthy: { exit: 0, severity: undefined, rotate: false, meaning: "every call succeeds" },
  "refresh-noise": {
    exit: 0,
    severity: undefined,
    rotate: false,
    meaning: "every call succeeds; a refresh fails that a setup token does not need",
  },
  "awaiting-login": {
    exit: 0,
    severity: undefined,
    rotate: false,
    meaning: "the user has never logged in here",
  },
  dead: {
    exit: 10,
    severity: "SEV2",
    rotate: true,
    meaning: "the token is refused, and nothing serves calls instead",
  },
  "dead-on-fallback": {
    exit: 11,
    severity: "SEV3",
    rotate: true,
    meaning: "the token is refused, and a billable key serves calls instead",
  },
  "stale-containers": {
    exit: 12,
    severity: undefined,
    rotate: false,
    meaning: "the file's token works, and services still have another",
  },
  "rotated-quietly": {
    exit: 13,
    severity: "SEV3",
    rotate: false,
    meaning: "file and containers have a token that works, and services use what they cached of another",
  },
  limit: { exit: 14, severity: undefined, rotate: false, meaning: "the account has reached a usage limit" },
  upstream: {
    exit: 15,
    severity: undefined,
    rotate: false,
    meaning: "the API or the way to it is in trouble",
  },
  "not-the-token": {
    exit: 16,
    severity: undefined,
    rotate: false,
    meaning: "the token works; something else does not",
  },
  "bad-candidate": {
    exit: 17,
    severity: undefined,
    rotate: true,
    meaning: "the file is no working token, and services go on with the one before it",
  },
  "refresh-lost": {
    exit: 18,
    severity: "SEV3",
    rotate: true,
    meaning: "the login works and cannot be refreshed: it ends with its access token",
  },
  "not-allowed": {
    exit: 19,
    severity: "SEV2",
    rotate: false,
    meaning: "the organisation or its credit does not allow it: no new token would help",
  },
  unknown: { exit: 1, severity: undefined, rotate: false, meaning: "it could not be found out" },
} as const satisfies Readonly<Record<string, FindingFacts>>;

export type FindingKind = keyof typeof FINDINGS;

/** A diagnosis. */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity | undefined;
  /** One sentence. */
  readonly summary: string;
  /** What was seen, one sentence each. */
  readonly evidence: readonly string[];
  /** The one command, or the one thing to do next; undefined: nothing. */
  readonly next: string | undefined;
}
