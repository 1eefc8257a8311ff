/**
 * The table of decisions, row by row; the first row that fits wins. The credential file's transition decides first,
 * then the API's status, then the text: a 401 alone proves nothing, for a refresh endpoint in trouble gives the same.
 * Rendered in docs/agent-decisions.md. Pure.
 */
import { saidBy, type Said } from "../../claude/answer.ts";
import type { Facts, FileView, ProbeFacts, Row, Step, UsableView, Verdict } from "./types.ts";

/** What to do next: look again, ask the CLI, or end. */
export function nextStep(facts: Facts): Step {
  return facts.probe === undefined ? beforeProbe(facts) : afterProbe(facts, facts.probe);
}

/** Rows 1 to 4. */
function beforeProbe(facts: Facts): Step {
  const { file, history, retried } = facts;
  if (file.kind === "unreadable") return end(1, "unreadable", `the credentials file: ${file.why}`);
  if (file.kind === "usable") {
    if (facts.notStorable !== undefined) return end(1, "not-storable", facts.notStorable);
    if (facts.cli.kind === "unusable") return end(1, facts.cli.reason, facts.cli.why);
    return { kind: "probe" };
  }
  if (!history) return end(2, "no-login", stateWords(file));
  if (file.kind === "blank") {
    if (!retried.includes(4)) return retry(4, facts.waits.blankReread);
    return endRestoring(facts, 4, "blanked", stateWords(file));
  }
  if (!retried.includes(3)) return retry(3, facts.waits.reread);
  const reason = file.kind === "none" ? "gone" : "corrupt";
  const step = endRestoring(facts, 3, reason, stateWords(file));
  const quarantine = file.kind === "corrupt";
  return { ...step, verdict: { ...step.verdict, quarantine } };
}

/** Rows 5 to 21, of which some look again once. */
function afterProbe(facts: Facts, probe: ProbeFacts): Step {
  const verdict = verdictOf(probe);
  const { row } = verdict;
  const { retried, waits } = facts;
  const again = retried.includes(row);
  switch (row) {
    case 6:
      return again ? { kind: "end", verdict } : retry(6, 0);
    case 8:
    case 11: {
      // What was proven or refused is the login before it: the new one is asked for itself.
      const replaced = probe.after.kind === "usable" && isNewLogin(probe.before, probe.after);
      return again || !replaced ? { kind: "end", verdict } : retry(row, 0);
    }
    case 12: {
      // Another writer's login is proven in its own right; the emptied one is read once more before it is given up.
      if (!again) return retry(12, waits.deadReread);
      const restore = restoreWish(facts, probe.before);
      return { kind: "end", verdict: { ...verdict, restore } };
    }
    case 14: {
      const other = facts.source.kind === "eligible" && facts.source.credential === "setup-token";
      const restore = facts.unfinished || other ? restoreWish(facts, probe.before) : undefined;
      return { kind: "end", verdict: { ...verdict, restore } };
    }
    case 13:
      // A lock that keeps the CLI from refreshing does not always show in its words (2.1.330, with one from the future).
      return again || probe.locked !== true ? { kind: "end", verdict } : lockRetry(row, waits.lockRetry);
    case 19:
      return again ? { kind: "end", verdict } : lockRetry(row, waits.lockRetry);
    case 20:
      return again ? { kind: "end", verdict } : retry(20, 0);
    default:
      return { kind: "end", verdict };
  }
}

/** The row that a probe fits, without what may be retried or restored. Every probe has a usable login before it. */
export function verdictOf(probe: ProbeFacts): Verdict {
  const { before, outcome, after } = probe;
  if (outcome.kind === "not-started") {
    return verdict(1, "no-cli", `the CLI could not be started: ${outcome.why}`);
  }
  if (outcome.kind === "late") {
    return verdict(5, "stuck", "the CLI has not ended in time and was left to itself");
  }
  const same = isSame(before, after);
  if (outcome.signal !== null) {
    if (same) return verdict(6, "signal", `the CLI was ended by ${outcome.signal}`);
    if (after.kind === "blank")
      return verdict(12, "refused", `the login was emptied, the CLI ended by ${outcome.signal}`);
    return odd(`the CLI was ended by ${outcome.signal}, and the login is ${stateWords(after)} now`);
  }
  return judge(saidBy(outcome), probe, outcome.code);
}

/** Rows 7 to 21. */
function judge(said: Said, probe: ProbeFacts, code: number | null): Verdict {
  const { before, after } = probe;
  const same = isSame(before, after);
  const other = after.kind === "usable" && !same;
  if (said.kind === "nothing")
    return verdict(7, "no-answer", `the CLI gave no answer (exit code ${code}): ${said.words}`);
  if (said.kind === "ok") {
    if (!said.exitOk)
      return verdict(
        7,
        "bad-exit",
        `the CLI answered and then ended with exit code ${code}: is there no space left?`,
      );
    if (after.kind !== "usable")
      return odd(`the CLI answered, and the login is ${stateWords(after)} since then`);
    return judgeOk(before, after, probe.endedAt);
  }
  const text = said.text;
  if (after.kind === "blank") return verdict(12, "refused", `the login was refused for good: ${text}`);
  if (said.kind === "odd") return odd(text);
  if (after.kind !== "usable") return odd(`${text}; and the login is ${stateWords(after)} since then`);
  const denied = said.error === "unauthorized" || said.error === "revoked";
  if (other && (denied || said.error === "not-allowed" || said.error === "forbidden"))
    return verdict(11, "after-rotation", `a token that was just refreshed is refused: ${text}`);
  if (denied && same) {
    return before.credential === "login"
      ? verdict(13, "refresh", `the token is refused, and its refresh failed, which may pass: ${text}`)
      : verdict(14, "setup-token-refused", `the token is refused and cannot be refreshed: ${text}`);
  }
  switch (said.error) {
    case "not-allowed":
      return verdict(15, "not-allowed", undefined);
    case "no-credit":
      return verdict(15, "no-credit", undefined);
    case "model":
      return verdict(16, "model", text);
    case "usage":
      return verdict(17, "usage", text);
    case "throttled":
    case "server":
      return verdict(18, "api", text);
    case "network":
      return verdict(18, "network", text);
    case "refreshing":
      return verdict(19, "refreshing", text);
    case "signed-out":
      return verdict(20, "malformed", `the CLI does not accept a file that looks right: ${text}`);
    default:
      return odd(text);
  }
}

/** Rows 8 to 10. A refresh that brings no new refresh token still replaces the access token. */
function judgeOk(before: UsableView, after: UsableView, now: number): Verdict {
  if (isNewLogin(before, after)) return verdict(8, "new-login", undefined);
  if (after.fingerprint !== before.fingerprint || after.access !== before.access)
    return verdict(8, "refresh-proven", undefined);
  const over = after.credential === "login" && after.expiresAt !== undefined && after.expiresAt <= now;
  if (over) return verdict(9, "refresh-failing", "the access token is over its time and was not refreshed");
  return verdict(10, "proven", undefined);
}

/**
 * Whether `after` comes from another sign-in than `before`: another kind, or another end of the login. 2.1.197 drops
 * `refreshTokenExpiresAt` when it refreshes, so that its absence says nothing.
 */
export function isNewLogin(before: UsableView, after: UsableView): boolean {
  if (before.fingerprint === after.fingerprint) return false;
  if (before.credential !== after.credential || after.credential === "setup-token") return true;
  return after.loginExpiresAt !== undefined && after.loginExpiresAt !== before.loginExpiresAt;
}

/** Vault's object helps only where it is another one than the one that was just refused. */
function restoreWish(facts: Facts, refused: UsableView | undefined): Verdict["restore"] {
  if (facts.unfinished) return "resume";
  const { source } = facts;
  return source.kind === "eligible" && source.fingerprint !== refused?.fingerprint ? "from-vault" : undefined;
}

function endRestoring(
  facts: Facts,
  row: 3 | 4,
  reason: Verdict["reason"],
  why: string,
): Extract<Step, { kind: "end" }> {
  return { kind: "end", verdict: { ...verdict(row, reason, why), restore: restoreWish(facts, undefined) } };
}

function isSame(before: UsableView, after: FileView): boolean {
  return after.kind === "usable" && after.fingerprint === before.fingerprint;
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

function odd(text: string): Verdict {
  return verdict(21, "odd", text);
}

function verdict(row: Row, reason: Verdict["reason"], why: string | undefined): Verdict {
  return { row, reason, why, restore: undefined, quarantine: false };
}

function end(row: Row, reason: Verdict["reason"], why: string): Step {
  return { kind: "end", verdict: verdict(row, reason, why) };
}

function retry(row: Row, waitMs: number): Step {
  return { kind: "retry", row, waitMs, clearStaleLocks: false };
}

function lockRetry(row: Row, waitMs: number): Step {
  return { kind: "retry", row, waitMs, clearStaleLocks: true };
}

/** The facts after a retry: what was read since. After row 12 the refusal stands unless there is another login. */
export function afterRetry(facts: Facts, row: Row, file: FileView): Facts {
  const stands = row === 12 && file.kind !== "usable";
  return { ...facts, file, retried: [...facts.retried, row], probe: stands ? facts.probe : undefined };
}
