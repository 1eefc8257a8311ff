/** Defines every finding of a diagnosis: exit code, severity and next step. */

/** `SEV2`: calls fail. `SEV3`: calls cost money, or some calls fail. */
type Severity = "SEV2" | "SEV3";

interface FindingFacts {
  /** The exit code of `claude-fleet diagnose`. */
  readonly exit: number;
  readonly severity?: Severity;
  /** Whether a new token repairs it. */
  readonly rotate: boolean;
  readonly meaning: string;
  /** Returns the next step for a token. Missing: there is none, or it depends on what the diagnosis observed. */
  readonly next?: (token: string) => string;
}

function finding(
  exit: number,
  meaning: string,
  { rotate = false, ...facts }: Partial<Omit<FindingFacts, "exit" | "meaning">> = {},
): FindingFacts {
  return { exit, meaning, rotate, ...facts };
}

const rotate = (token: string) => `claude-fleet rotate ${token}`;

const FACTS = {
  healthy: finding(0, "every call succeeds"),
  "refresh-noise": finding(
    0,
    "every call succeeds; the log shows a failing refresh, which a setup token does not need",
  ),
  "awaiting-login": finding(0, "the user has never logged in on this workstation"),
  dead: finding(10, "the token is refused, and calls fail", { severity: "SEV2", rotate: true, next: rotate }),
  "dead-on-fallback": finding(11, "the token is refused, and a billable key pays for the calls", {
    severity: "SEV3",
    rotate: true,
    next: rotate,
  }),
  "stale-containers": finding(
    12,
    "the token of the file works, but a container or the environment file has another token",
  ),
  "rotated-quietly": finding(
    13,
    "file and containers have a working token, but services use a cached previous token",
    { severity: "SEV3" },
  ),
  limit: finding(14, "the account has reached a usage limit", {
    next: () => "wait for the reset; a new token has the same limit",
  }),
  upstream: finding(15, "the API or the connection to it fails", {
    next: () => "check https://status.claude.com, then run `claude-fleet diagnose` again",
  }),
  "not-the-token": finding(16, "the token works; another part fails"),
  "bad-candidate": finding(17, "the file holds no working token; services continue with the previous token", {
    rotate: true,
    next: (token) => `claude-fleet rollout ${token} --back`,
  }),
  "refresh-lost": finding(18, "the login works until its access token expires; its refresh is refused", {
    severity: "SEV3",
    rotate: true,
    next: rotate,
  }),
  "not-allowed": finding(19, "the organisation, its plan or its credit does not allow the token", {
    severity: "SEV2",
    next: () => "ask the organisation's administrator; a new token would be refused too",
  }),
  unknown: finding(1, "the host did not answer, or the call proved nothing"),
};

export type FindingKind = keyof typeof FACTS;

/** Every finding by its name. */
export const FINDINGS: Readonly<Record<FindingKind, FindingFacts>> = FACTS;

/** The result of a diagnosis. */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity | undefined;
  /** One sentence. */
  readonly summary: string;
  /** What was observed, one sentence each. */
  readonly evidence: readonly string[];
  /** The next command or step. Undefined: there is nothing to do. */
  readonly next: string | undefined;
}
