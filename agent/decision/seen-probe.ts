/** A probe as the rules see it: how it ended, and what has become of the credentials file. Pure. */
import { answerOf, type AnswerKind } from "../../claude/answer-patterns.ts";
import type { ProbeFacts } from "./facts.ts";
import type { FileView, UsableView } from "./file-view.ts";

/** How a probe ended: the CLI's answer, or why there is none. */
export type ProbeEndKind = AnswerKind | "not-started" | "late" | "signal";

/** What the rules know of a probe. `text`: the CLI's text, the name of the signal, or the system's error. */
export interface SeenProbe {
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
  partial: ({ before }) => before.credential === "partial",
  "partial-ended": ({ before, endedAt }) =>
    before.credential === "partial" && (before.expiresAt ?? 0) <= endedAt,
  "became-partial": ({ before, after }) =>
    before.credential !== "partial" && after.kind === "usable" && after.credential === "partial",
  blank: ({ after }) => after.kind === "blank",
  unusable: ({ after }) => after.kind !== "usable",
} as const satisfies Readonly<Record<string, (probe: SeenProbe) => boolean>>;
export type Change = keyof typeof CHANGES;

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
  if (after.credential === "partial") return false;
  if (before.credential !== after.credential || after.credential === "setup-token") return true;
  return after.loginExpiresAt !== undefined && after.loginExpiresAt !== before.loginExpiresAt;
}
