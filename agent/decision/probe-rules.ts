/**
 * The rules for a login that the CLI was asked with. A rule looks at the change of the credentials file first, then at the
 * API's status, then at the CLI's text. A 401 alone proves nothing: a refresh endpoint in trouble gives the same answer.
 * docs/agent-decisions.md shows the rules. Pure.
 */
import type { Reason } from "../../contract/agent-classes.ts";
import { asSentence } from "../../contract/agent-report.ts";
import { answerOf, type AnswerKind } from "../../claude/answer-patterns.ts";
import type { ProbeFacts, Verdict } from "./facts.ts";
import type { FileView, UsableView } from "./file-view.ts";

/** How a probe ended: the CLI's answer, or why there is none. */
export type ProbeEndKind = AnswerKind | "not-started" | "late" | "signal";

/** What the rules know of a probe. `text`: the CLI's text, the name of the signal, or the system's error. */
interface SeenProbe {
  readonly before: UsableView;
  readonly after: FileView;
  readonly endedAt: number;
  readonly end: ProbeEndKind;
  readonly text: string;
  readonly exitCode: number | null;
}

/** What has become of the credentials file during a probe. */
const CHANGES = {
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
  /** Undefined: every end fits. */
  readonly ends?: readonly ProbeEndKind[];
  readonly change?: Change;
  readonly reason: Reason;
  /** A sentence that comes before the CLI's text. */
  readonly says?: string | ((probe: SeenProbe) => string);
  /** Whether the report quotes the CLI's text. */
  readonly quotes?: true;
}

const DENIED = ["unauthorized", "revoked"] as const;

/** The first rule that fits decides. */
export const PROBE_RULES: readonly ProbeRule[] = [
  { ends: ["not-started"], reason: "no-cli", says: ({ text }) => `The CLI could not be started: ${text}.` },
  {
    ends: ["late"],
    reason: "stuck",
    says: "The CLI did not end in time. It was left running, because ending it could lose the login.",
  },
  { ends: ["signal"], change: "same", reason: "signal", says: ({ text }) => `The CLI was ended by ${text}.` },
  {
    ends: ["signal"],
    change: "blank",
    reason: "refused",
    says: ({ text }) => `The CLI emptied the login, and was ended by ${text}.`,
  },
  {
    ends: ["signal"],
    reason: "odd",
    says: ({ text, after }) => `The CLI was ended by ${text}, and ${changeWords(after)}.`,
  },
  {
    ends: ["nothing"],
    reason: "no-answer",
    says: ({ text, exitCode }) => `The CLI gave no answer (exit code ${exitCode}): ${asSentence(text)}`,
  },
  {
    ends: ["bad-exit"],
    reason: "bad-exit",
    says: ({ exitCode }) => `The CLI answered, but ended with exit code ${exitCode}. Its disk may be full.`,
  },
  {
    ends: ["ok"],
    change: "unusable",
    reason: "odd",
    says: ({ after }) => `The CLI answered, but ${changeWords(after)}.`,
  },
  { ends: ["ok"], change: "new-login", reason: "new-login" },
  { ends: ["ok"], change: "renewed", reason: "refresh-proven" },
  {
    ends: ["ok"],
    change: "overdue",
    reason: "refresh-failing",
    says: "The access token has expired, and the CLI did not refresh it.",
  },
  { ends: ["ok"], reason: "proven" },
  { change: "blank", reason: "refused", says: "The server refused the login for good.", quotes: true },
  {
    change: "unusable",
    reason: "odd",
    says: ({ after }) => `The CLI failed, and ${changeWords(after)}.`,
    quotes: true,
  },
  {
    ends: [...DENIED, "not-allowed", "forbidden"],
    change: "replaced",
    reason: "after-rotation",
    says: "The API refuses a token that was just refreshed.",
    quotes: true,
  },
  {
    ends: DENIED,
    change: "with-refresh-token",
    reason: "refresh",
    says: "The API refuses the token, and its refresh failed.",
    quotes: true,
  },
  {
    ends: DENIED,
    reason: "setup-token-refused",
    says: "The API refuses the token, and there is no refresh token.",
    quotes: true,
  },
  { ends: ["not-allowed"], reason: "not-allowed" },
  { ends: ["no-credit"], reason: "no-credit" },
  { ends: ["model"], reason: "model", quotes: true },
  { ends: ["usage"], reason: "usage", quotes: true },
  { ends: ["throttled", "server"], reason: "api", quotes: true },
  { ends: ["network"], reason: "network", quotes: true },
  { ends: ["refreshing"], reason: "refreshing", quotes: true },
  {
    ends: ["signed-out"],
    reason: "malformed",
    says: "The CLI does not accept a credentials file that looks right.",
    quotes: true,
  },
];

/** Decides about a probe that no other rule fits. */
export const ANYTHING_ELSE: ProbeRule = { reason: "odd", quotes: true };

/** What happened to the file, as a clause behind a comma. */
function changeWords(after: FileView): string {
  switch (after.kind) {
    case "none":
      return "the login was removed while it ran";
    case "blank":
      return "emptied the login while it ran";
    case "corrupt":
      return `the credentials file is corrupt now: ${after.why}`;
    case "unreadable":
      return `the credentials file cannot be read now: ${after.why}`;
    case "usable":
      return "another login is in the home now";
  }
}

/** Returns what one probe says about the login, without what may be retried or restored. */
export function verdictOf(probe: ProbeFacts): Pick<Verdict, "reason" | "why"> {
  const seen = seenIn(probe);
  const fits = ({ ends, change }: ProbeRule) =>
    (ends === undefined || ends.includes(seen.end)) && (change === undefined || CHANGES[change](seen));
  const { reason, says, quotes } = PROBE_RULES.find(fits) ?? ANYTHING_ELSE;
  const quote = quotes ? `The CLI said: ${asSentence(seen.text)}` : undefined;
  const said = [typeof says === "function" ? says(seen) : says, quote].filter((part) => part !== undefined);
  return { reason, why: said.length === 0 ? undefined : said.join(" ") };
}

/** Whether another sign-in has replaced the login during the probe. */
export function isReplaced(probe: ProbeFacts): boolean {
  return CHANGES["new-login"](seenIn(probe));
}

function seenIn({ before, after, endedAt, end }: ProbeFacts): SeenProbe {
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
