/** The table of decisions, reason by reason. */
import { describe, expect, test } from "vitest";
import type { Reason } from "../../../../contract/agent-classes.ts";
import { consequencesOf } from "../../../../agent/decision/consequences.ts";
import { afterRetry, nextStep } from "../../../../agent/decision/next-step.ts";
import { verdictOf } from "../../../../agent/decision/probe-rules.ts";
import type { Facts, ProbeEnd, Step } from "../../../../agent/decision/facts.ts";
import type { FileView } from "../../../../agent/decision/file-view.ts";
import {
  answer,
  BLANK,
  CORRUPT,
  facts,
  NONE,
  NOW,
  OK,
  probed,
  UNREADABLE,
  usable,
} from "../../../support/fakes/facts.ts";

const ELIGIBLE = { kind: "eligible", fingerprint: "fp-vault", credential: "login" } as const;
const L = usable("a");
const SETUP = usable("a", { credential: "setup-token", loginExpiresAt: undefined });
const ROTATED = usable("b");

/** Returns the verdict of the table when every retry finds the same. */
function endOf(start: Facts, again?: ProbeEnd) {
  let now = start;
  const waited: (readonly [Reason, number])[] = [];
  for (let steps = 0; steps < 10; steps++) {
    const step: Step = nextStep(now);
    if (step.kind === "end") return { ...step.verdict, waited };
    if (step.kind === "retry") {
      waited.push([step.reason, step.waitMs]);
      now = afterRetry(now, step.reason, now.probe?.after ?? now.file);
      continue;
    }
    const before = now.file;
    const outcome = again ?? start.probe?.end;
    if (before.kind !== "usable" || outcome === undefined) throw new Error("nothing to probe with");
    now = { ...now, probe: probed(outcome, start.probe?.after ?? before, before) };
  }
  throw new Error("the table goes round in circles");
}

const probeEnd = (outcome: ProbeEnd, after: FileView, before = L, changes: Partial<Facts> = {}) =>
  endOf(facts({ ...changes, file: before, probe: probed(outcome, after, before) }));

describe("without a probe", () => {
  test.each([
    ["unreadable", { file: UNREADABLE }],
    ["not-storable", { notStorable: "no space left" }],
    ["no-cli", { cli: { kind: "unusable", reason: "no-cli", why: "missing" } as const }],
    ["too-old", { cli: { kind: "unusable", reason: "too-old", why: "2.1.197" } as const }],
    ["no-login", { file: NONE, history: false }],
    ["no-login", { file: BLANK, history: false }],
    ["no-login", { file: CORRUPT, history: false }],
    ["no-login", { file: NONE, history: false, source: { kind: "away", why: "sealed" } as const }],
  ])("%s", (reason, changes) => {
    expect(endOf(facts(changes))).toMatchObject({ reason, restore: undefined, waited: [] });
  });

  test.each([
    ["gone", NONE, 2000, undefined],
    ["corrupt", CORRUPT, 2000, true],
    ["blanked", BLANK, 60_000, undefined],
  ] as const)("%s reads again, and restores what is eligible", (reason, file, wait, keepsCopy) => {
    expect(consequencesOf(reason).keepsCopy).toBe(keepsCopy);
    expect(endOf(facts({ file, source: ELIGIBLE }))).toMatchObject({
      reason,
      restore: "from-vault",
      waited: [[reason, wait]],
    });
    for (const source of [
      { kind: "none" },
      { kind: "ineligible", why: "tried" },
      { kind: "away", why: "sealed" },
    ] as const) {
      expect(endOf(facts({ file, source })).restore).toBeUndefined();
      expect(endOf(facts({ file, source, unfinished: true })).restore).toBe("resume");
    }
  });

  test("a missing file that is corrupt after the retry is not retried again", () => {
    const second = afterRetry(facts({ file: NONE }), "gone", CORRUPT);
    expect(nextStep(second)).toMatchObject({ kind: "end", verdict: { reason: "corrupt" } });
    const first = afterRetry(facts({ file: CORRUPT }), "corrupt", NONE);
    expect(nextStep(first)).toMatchObject({ kind: "end", verdict: { reason: "gone" } });
  });

  test("a login that is there after the retry is proven", () => {
    for (const [reason, file] of [
      ["gone", NONE],
      ["corrupt", CORRUPT],
      ["blanked", BLANK],
    ] as const) {
      const second = afterRetry(facts({ file }), reason, L);
      expect(nextStep(second)).toEqual({ kind: "probe" });
    }
  });
});

const TEXT_401 = "Failed to authenticate. API Error: 401 OAuth token has expired.";
const REVOKED = "Failed to authenticate: OAuth token revoked. Please log in again.";

describe("after a probe of a usable login", () => {
  test.each([
    ["no-cli", { kind: "not-started", why: "ENOEXEC" }, L],
    ["stuck", { kind: "late" }, L],
    ["stuck", { kind: "late" }, ROTATED],
    ["signal", { kind: "ended", code: null, signal: "SIGKILL", stdout: "", stderr: "" }, L],
    ["no-answer", { kind: "ended", code: 1, signal: null, stdout: "", stderr: "bad flag" }, L],
    ["bad-exit", answer("OK", null, false, 1), L],
    ["bad-exit", answer("OK", null, false, 1), ROTATED],
    ["refresh-proven", OK, ROTATED],
    ["refresh-proven", OK, usable("a", { access: "at-new" })],
    ["proven", OK, L],
    ["after-rotation", answer(TEXT_401, 401), ROTATED],
    ["after-rotation", answer(REVOKED, 403), ROTATED],
    ["after-rotation", answer("anything", 403), ROTATED],
    ["refresh", answer(TEXT_401, 401), L],
    ["refresh", answer("words that no version has said", 401), L],
    ["refresh", answer(REVOKED, 403), L],
    ["not-allowed", answer("Claude Code can't use your Claude subscription, usually because", 403), L],
    ["no-credit", answer("Credit balance is too low", 400), L],
    ["model", answer("There's an issue with the selected model (x).", 404), L],
    ["usage", answer("You've hit your session limit · resets 3:34am (UTC)", 429), L],
    ["usage", answer("You've hit your weekly limit · resets Monday", 429), ROTATED],
    ["api", answer("API Error: Server is temporarily limiting requests", 429), L],
    ["api", answer("anything", 503), L],
    ["network", answer("API Error: Unable to connect to API (ConnectionRefused)", null), L],
    ["network", answer("Request timed out", null), L],
    ["network", answer("API Error: No response from API (waited 59s, then 59s on the retry).", null), L],
    ["odd", answer("anything", null), L],
    ["odd", answer("anything", 403), L],
    ["odd", answer("anything", 418), L],
    ["odd", answer("anything", 400), L],
    ["odd", answer("anything", 404), L],
    ["odd", OK, NONE],
    ["odd", OK, BLANK],
    ["odd", answer(TEXT_401, 401), NONE],
    ["odd", answer(TEXT_401, 401), UNREADABLE],
    ["odd", { kind: "ended", code: 0, signal: null, stdout: "not JSON", stderr: "" }, L],
    ["odd", { kind: "ended", code: null, signal: "SIGTERM", stdout: "", stderr: "" }, ROTATED],
  ] as const)("%s", (reason, outcome, after) => {
    const end = probeEnd(outcome, after, L, { source: ELIGIBLE });
    expect(end).toMatchObject({ reason, restore: undefined });
  });

  test("refresh-failing: the access token has expired, is accepted and was not refreshed", () => {
    const over = usable("a", { expiresAt: NOW - 1 });
    expect(probeEnd(OK, over, over)).toMatchObject({ reason: "refresh-failing" });
    // A setup-token cannot be refreshed, so that no refresh of it fails.
    const token = usable("a", { expiresAt: NOW - 1, credential: "setup-token" });
    expect(probeEnd(OK, token, token)).toMatchObject({ reason: "proven" });
  });

  test("refused: the CLI emptied the login, which is restored only from another login", () => {
    for (const outcome of [
      answer("Failed to authenticate: OAuth session expired and could not be refreshed", null),
      answer("Not logged in · Please run /login", null),
      answer("anything", 500),
      answer("You've hit your session limit", 429),
    ]) {
      expect(probeEnd(outcome, BLANK, L, { source: ELIGIBLE })).toMatchObject({
        reason: "refused",
        restore: "from-vault",
        waited: [["refused", 5000]],
      });
      const same = { ...ELIGIBLE, fingerprint: "fp-a" };
      expect(probeEnd(outcome, BLANK, L, { source: same }).restore).toBeUndefined();
    }
  });

  test("refused: a login that another writer stores meanwhile is proven in its own right", () => {
    const start = facts({ probe: probed(answer("Not logged in", null), BLANK) });
    expect(nextStep(start)).toMatchObject({ kind: "retry", reason: "refused" });
    const found = afterRetry(start, "refused", ROTATED);
    expect(nextStep(found)).toEqual({ kind: "probe" });
    expect(nextStep({ ...found, probe: probed(OK, ROTATED, ROTATED) })).toMatchObject({
      verdict: { reason: "proven", restore: undefined },
    });
  });

  test("setup-token-refused: a setup-token is restored only from another setup-token", () => {
    const refused = answer("Failed to authenticate. API Error: 401 Invalid bearer token", 401);
    const spare = { ...ELIGIBLE, credential: "setup-token" } as const;
    expect(probeEnd(refused, SETUP, SETUP, { source: spare })).toMatchObject({
      reason: "setup-token-refused",
      restore: "from-vault",
    });
    expect(probeEnd(refused, SETUP, SETUP, { source: ELIGIBLE }).restore).toBeUndefined();
    expect(
      probeEnd(refused, SETUP, SETUP, { source: { ...spare, fingerprint: "fp-a" } }).restore,
    ).toBeUndefined();
  });

  test.each([
    ["signal", { kind: "ended", code: null, signal: "SIGKILL", stdout: "", stderr: "" }, L, 0, false],
    ["refreshing", answer("another Claude Code process is refreshing it or exited", null), L, 75_000, true],
    ["malformed", answer("Not logged in · Please run /login", null), L, 0, false],
    [
      "malformed",
      answer("Failed to authenticate: OAuth session expired and could not", null),
      ROTATED,
      0,
      false,
    ],
  ] as const)("%s asks the CLI once more", (reason, outcome, after, waitMs, clearsStaleLocks) => {
    const start = facts({ probe: probed(outcome, after), source: ELIGIBLE });
    expect(nextStep(start)).toEqual({ kind: "retry", reason, waitMs, clearsStaleLocks });
    const second = afterRetry(start, reason, after);
    expect(nextStep(second)).toEqual({ kind: "probe" });
    expect(nextStep({ ...second, probe: probed(outcome, after) })).toMatchObject({
      kind: "end",
      verdict: { reason, restore: undefined },
    });
  });

  test("refresh: a held refresh lock leads to a retry, as for refreshing", () => {
    const probe = { ...probed(answer(TEXT_401, 401), L), locked: true };
    const start = facts({ probe });
    expect(nextStep(start)).toEqual({
      kind: "retry",
      reason: "refresh",
      waitMs: 75_000,
      clearsStaleLocks: true,
    });
    const second = { ...afterRetry(start, "refresh", L), probe };
    expect(nextStep(second)).toMatchObject({ kind: "end", verdict: { reason: "refresh" } });
  });

  test("a login of a person who signs in during the probe is proven in its own right", () => {
    const another = usable("c", { loginExpiresAt: NOW + 30 * 86_400_000 });
    for (const [reason, outcome] of [
      ["new-login", OK],
      ["after-rotation", answer(TEXT_401, 401)],
    ] as const) {
      const start = facts({ probe: probed(outcome, another) });
      expect(nextStep(start)).toMatchObject({ kind: "retry", reason, waitMs: 0 });
    }
    expect(verdictOf(probed(OK, another)).reason).toBe("new-login");
  });
});
