/**
 * The rules for a login that the CLI was asked with. A rule looks at the change of the credentials file first, then at the
 * API's status, then at the CLI's text. A 401 alone proves nothing: a refresh endpoint in trouble gives the same answer.
 * docs/agent-decisions.md shows the rules. Pure.
 */
import type { Reason } from "../../contract/agent-classes.ts";
import { asSentence } from "../../contract/agent-report.ts";
import type { ProbeFacts, Verdict } from "./facts.ts";
import type { FileView } from "./file-view.ts";
import { CHANGES, seenIn, type Change, type ProbeEndKind, type SeenProbe } from "./seen-probe.ts";

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
  { ends: ["ok"], change: "became-partial", reason: "proven" },
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
    ends: DENIED,
    change: "became-partial",
    reason: "refresh",
    says: "The API refuses the token, and the login lost its refresh token meanwhile.",
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
    change: "partial",
    reason: "no-refresh-token",
    says: "The API refuses the token, and the login has lost its refresh token.",
    quotes: true,
  },
  {
    ends: ["signed-out"],
    change: "partial-ended",
    reason: "no-refresh-token",
    says: "The access token has ended, and the login has lost its refresh token.",
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
