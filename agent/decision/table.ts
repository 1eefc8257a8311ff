/**
 * The table of decisions. The first rule that fits decides. A rule looks at the change of the credentials file first, then
 * at the API's status, then at the CLI's text: a 401 alone proves nothing, because a refresh endpoint in trouble gives the
 * same answer. docs/agent-decisions.md shows these rules. Pure.
 */
import type { Reason } from "../../contract/agent-classes.ts";
import { answerOf, type AnswerKind } from "../../claude/answers.ts";
import type { Facts, ProbeFacts } from "./facts.ts";
import type { FileView, UsableView } from "./file-view.ts";

/** Decides without a probe. */
export interface FileRule {
  readonly files: readonly FileView["kind"][];
  /** A further condition, in words, and as a test. */
  readonly when?: { readonly words: string; readonly fits: (facts: Facts) => boolean };
  readonly reason: Reason;
  readonly why: (facts: Facts) => string | undefined;
}

const unusableBecause = (reason: "no-cli" | "too-old", words: string): FileRule => ({
  files: ["usable"],
  when: { words, fits: ({ cli }) => cli.kind === "unusable" && cli.reason === reason },
  reason,
  why: ({ cli }) => (cli.kind === "unusable" ? cli.why : undefined),
});
const stateOf = ({ file }: Facts) => stateWords(file);

/** The rules for a login that the CLI is not asked with. A usable file without a fitting rule is proven by a probe. */
export const FILE_RULES: readonly FileRule[] = [
  {
    files: ["unreadable"],
    reason: "unreadable",
    why: ({ file }) => `the credentials file: ${"why" in file ? file.why : ""}`,
  },
  {
    files: ["usable"],
    when: {
      words: "a refreshed login could not be stored",
      fits: ({ notStorable }) => notStorable !== undefined,
    },
    reason: "not-storable",
    why: ({ notStorable }) => notStorable,
  },
  unusableBecause("no-cli", "the CLI is missing or does not start"),
  unusableBecause("too-old", "the CLI is older than the fleet allows"),
  {
    files: ["none", "blank", "corrupt"],
    when: { words: "no history", fits: ({ history }) => !history },
    reason: "no-login",
    why: stateOf,
  },
  { files: ["none"], reason: "gone", why: stateOf },
  { files: ["corrupt"], reason: "corrupt", why: stateOf },
  { files: ["blank"], reason: "blanked", why: stateOf },
];

/** How a CLI that was asked ended: its answer, or why there is none. */
export type ProbeEndKind = AnswerKind | "not-started" | "late" | "signal";

/** What the rules know of a probe. `text`: the CLI's words, the name of the signal, or the system's error. */
interface SeenProbe {
  readonly before: UsableView;
  readonly after: FileView;
  readonly endedAt: number;
  readonly end: ProbeEndKind;
  readonly text: string;
  readonly exitCode: number | null;
}

/** What has become of the credentials file during a probe. */
export const CHANGES = {
  same: ({ before, after }) => after.kind === "usable" && after.fingerprint === before.fingerprint,
  replaced: ({ before, after }) => after.kind === "usable" && after.fingerprint !== before.fingerprint,
  renewed: ({ before, after }) =>
    after.kind === "usable" && (after.fingerprint !== before.fingerprint || after.access !== before.access),
  "new-login": ({ before, after }) => after.kind === "usable" && isNewLogin(before, after),
  overdue: ({ after, endedAt }) =>
    after.kind === "usable" && after.credential === "login" && (after.expiresAt ?? Infinity) <= endedAt,
  "with-refresh-token": ({ before }) => before.credential === "login",
  blank: ({ after }) => after.kind === "blank",
  unusable: ({ after }) => after.kind !== "usable",
} as const satisfies Readonly<Record<string, (probe: SeenProbe) => boolean>>;
export type Change = keyof typeof CHANGES;

/** Decides after a probe of a usable login. */
export interface ProbeRule {
  /** Every end fits when this is undefined. */
  readonly ends?: readonly ProbeEndKind[];
  readonly change?: Change;
  readonly reason: Reason;
  readonly why?: (probe: SeenProbe) => string;
}

const DENIED = ["unauthorized", "revoked"] as const;
const itsWords = ({ text }: SeenProbe) => text;
const alsoState = (words: string, { after }: SeenProbe) =>
  `${words}; and the login is ${stateWords(after)} since then`;

/** The rules for a login that the CLI was asked with. The first one that fits decides. */
export const PROBE_RULES: readonly ProbeRule[] = [
  { ends: ["not-started"], reason: "no-cli", why: ({ text }) => `the CLI could not be started: ${text}` },
  { ends: ["late"], reason: "stuck", why: () => "the CLI has not ended in time and was left to itself" },
  { ends: ["signal"], change: "same", reason: "signal", why: ({ text }) => `the CLI was ended by ${text}` },
  {
    ends: ["signal"],
    change: "blank",
    reason: "refused",
    why: ({ text }) => `the login was emptied, the CLI ended by ${text}`,
  },
  {
    ends: ["signal"],
    reason: "odd",
    why: ({ text, after }) => `the CLI was ended by ${text}, and the login is ${stateWords(after)} now`,
  },
  {
    ends: ["nothing"],
    reason: "no-answer",
    why: ({ text, exitCode }) => `the CLI gave no answer (exit code ${exitCode}): ${text}`,
  },
  {
    ends: ["bad-exit"],
    reason: "bad-exit",
    why: ({ exitCode }) =>
      `the CLI answered and then ended with exit code ${exitCode}: is there no space left?`,
  },
  {
    ends: ["ok"],
    change: "unusable",
    reason: "odd",
    why: ({ after }) => `the CLI answered, and the login is ${stateWords(after)} since then`,
  },
  { ends: ["ok"], change: "new-login", reason: "new-login" },
  { ends: ["ok"], change: "renewed", reason: "refresh-proven" },
  {
    ends: ["ok"],
    change: "overdue",
    reason: "refresh-failing",
    why: () => "the access token is over its time and was not refreshed",
  },
  { ends: ["ok"], reason: "proven" },
  { change: "blank", reason: "refused", why: ({ text }) => `the login was refused for good: ${text}` },
  { change: "unusable", reason: "odd", why: (probe) => alsoState(probe.text, probe) },
  {
    ends: [...DENIED, "not-allowed", "forbidden"],
    change: "replaced",
    reason: "after-rotation",
    why: ({ text }) => `a token that was just refreshed is refused: ${text}`,
  },
  {
    ends: DENIED,
    change: "with-refresh-token",
    reason: "refresh",
    why: ({ text }) => `the token is refused, and its refresh failed, which may pass: ${text}`,
  },
  {
    ends: DENIED,
    reason: "setup-token-refused",
    why: ({ text }) => `the token is refused and cannot be refreshed: ${text}`,
  },
  { ends: ["not-allowed"], reason: "not-allowed" },
  { ends: ["no-credit"], reason: "no-credit" },
  { ends: ["model"], reason: "model", why: itsWords },
  { ends: ["usage"], reason: "usage", why: itsWords },
  { ends: ["throttled", "server"], reason: "api", why: itsWords },
  { ends: ["network"], reason: "network", why: itsWords },
  { ends: ["refreshing"], reason: "refreshing", why: itsWords },
  {
    ends: ["signed-out"],
    reason: "malformed",
    why: ({ text }) => `the CLI does not accept a file that looks right: ${text}`,
  },
];

/** Decides about a probe that no other rule fits. */
export const ANYTHING_ELSE: ProbeRule = { reason: "odd", why: itsWords };

/** Returns what the rules know of a probe. */
export function seenIn({ before, after, endedAt, end }: ProbeFacts): SeenProbe {
  const seen = { before, after, endedAt, exitCode: null };
  if (end.kind === "not-started") return { ...seen, end: "not-started", text: end.why };
  if (end.kind === "late") return { ...seen, end: "late", text: "" };
  if (end.signal !== null) return { ...seen, end: "signal", text: end.signal };
  const { kind, text } = answerOf(end);
  return { ...seen, end: kind, text, exitCode: end.code };
}

/**
 * Whether `after` comes from another sign-in than `before`: another kind, or another end of the login. 2.1.197 drops
 * `refreshTokenExpiresAt` when it refreshes, so that its absence says nothing.
 */
function isNewLogin(before: UsableView, after: UsableView): boolean {
  if (before.fingerprint === after.fingerprint) return false;
  if (before.credential !== after.credential || after.credential === "setup-token") return true;
  return after.loginExpiresAt !== undefined && after.loginExpiresAt !== before.loginExpiresAt;
}

function stateWords(file: FileView): string {
  switch (file.kind) {
    case "none":
      return "there is no login";
    case "blank":
      return "the CLI has emptied the login";
    case "corrupt":
      return `the credentials file is corrupt: ${file.why}`;
    case "unreadable":
      return `the credentials file cannot be read: ${file.why}`;
    case "usable":
      return "another one";
  }
}
