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

const rotate = (token: string) => `claude-fleet rotate ${token}`;

const DIAGNOSE_AGAIN = "then run `claude-fleet diagnose` again";

/** Every finding. */
const FACTS = {
  healthy: { exit: 0, rotate: false, meaning: "every call succeeds" },
  "refresh-noise": {
    exit: 0,
    rotate: false,
    meaning: "every call succeeds; the log shows a failing refresh, which a setup token does not need",
  },
  "awaiting-login": { exit: 0, rotate: false, meaning: "the user has never logged in on this workstation" },
  dead: {
    exit: 10,
    severity: "SEV2",
    rotate: true,
    meaning: "the token is refused, and calls fail",
    next: rotate,
  },
  "dead-on-fallback": {
    exit: 11,
    severity: "SEV3",
    rotate: true,
    meaning: "the token is refused, and a billable key pays for the calls",
    next: rotate,
  },
  "stale-containers": {
    exit: 12,
    rotate: false,
    meaning: "the token of the file works, but a container or the environment file has another token",
  },
  "rotated-quietly": {
    exit: 13,
    severity: "SEV3",
    rotate: false,
    meaning: "file and containers have a working token, but services use a cached previous token",
  },
  limit: {
    exit: 14,
    rotate: false,
    meaning: "the account has reached a usage limit",
    next: () => "wait for the reset; a new token has the same limit",
  },
  upstream: {
    exit: 15,
    rotate: false,
    meaning: "the API or the connection to it fails",
    next: () => `check https://status.claude.com, ${DIAGNOSE_AGAIN}`,
  },
  "not-the-token": { exit: 16, rotate: false, meaning: "the token works; another part fails" },
  "bad-candidate": {
    exit: 17,
    rotate: true,
    meaning: "the file holds no working token; services continue with the previous token",
    next: (token) => `claude-fleet rollout ${token} --back`,
  },
  "refresh-lost": {
    exit: 18,
    severity: "SEV3",
    rotate: true,
    meaning: "the login works until its access token expires; its refresh is refused",
    next: rotate,
  },
  "not-allowed": {
    exit: 19,
    severity: "SEV2",
    rotate: false,
    meaning: "the organisation, its plan or its credit does not allow the token",
    next: () => "ask the organisation's administrator; a new token would be refused too",
  },
  unknown: { exit: 1, rotate: false, meaning: "the host did not answer, or the call proved nothing" },
} as const satisfies Readonly<Record<string, FindingFacts>>;

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
  /** The one next command or step. Undefined: there is nothing to do. */
  readonly next: string | undefined;
}
