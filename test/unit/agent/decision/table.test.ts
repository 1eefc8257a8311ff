/** The table of decisions, row by row. */
import { describe, expect, test } from "vitest";
import { afterRetry, nextStep, verdictOf } from "../../../../agent/decision/table.ts";
import type { Facts, FileView, ProbeOutcome, Row, Step } from "../../../../agent/decision/types.ts";
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

/** The end that the table comes to, with every retry finding the same again. */
function endOf(start: Facts, again?: ProbeOutcome) {
  let now = start;
  const waited: (readonly [Row, number])[] = [];
  for (let steps = 0; steps < 10; steps++) {
    const step: Step = nextStep(now);
    if (step.kind === "end") return { ...step.verdict, waited };
    if (step.kind === "retry") {
      waited.push([step.row, step.waitMs]);
      now = afterRetry(now, step.row, now.probe?.after ?? now.file);
      continue;
    }
    const before = now.file;
    const outcome = again ?? start.probe?.outcome;
    if (before.kind !== "usable" || outcome === undefined) throw new Error("nothing to probe with");
    now = { ...now, probe: probed(outcome, start.probe?.after ?? before, before) };
  }
  throw new Error("the table goes round in circles");
}

const probeEnd = (outcome: ProbeOutcome, after: FileView, before = L, changes: Partial<Facts> = {}) =>
  endOf(facts({ ...changes, file: before, probe: probed(outcome, after, before) }));

describe("rows without a probe", () => {
  test.each([
    [1, "unreadable", { file: UNREADABLE }],
    [1, "not-storable", { notStorable: "no space left" }],
    [1, "no-cli", { cli: { kind: "unusable", reason: "no-cli", why: "missing" } as const }],
    [1, "too-old", { cli: { kind: "unusable", reason: "too-old", why: "2.1.197" } as const }],
    [2, "no-login", { file: NONE, history: false }],
    [2, "no-login", { file: BLANK, history: false }],
    [2, "no-login", { file: CORRUPT, history: false }],
    [2, "no-login", { file: NONE, history: false, source: { kind: "away", why: "sealed" } as const }],
  ])("row %i is %s", (row, reason, changes) => {
    expect(endOf(facts(changes))).toMatchObject({ row, reason, restore: undefined, waited: [] });
  });

  test.each([
    [3, "gone", NONE, 2000, false],
    [3, "corrupt", CORRUPT, 2000, true],
    [4, "blanked", BLANK, 60_000, false],
  ] as const)(
    "row %i (%s) reads again, and restores what is eligible",
    (row, reason, file, wait, quarantine) => {
      expect(endOf(facts({ file, source: ELIGIBLE }))).toMatchObject({
        row,
        reason,
        quarantine,
        restore: "from-vault",
        waited: [[row, wait]],
      });
      for (const source of [
        { kind: "none" },
        { kind: "ineligible", why: "tried" },
        { kind: "away", why: "sealed" },
      ] as const) {
        expect(endOf(facts({ file, source })).restore).toBeUndefined();
        expect(endOf(facts({ file, source, unfinished: true })).restore).toBe("resume");
      }
    },
  );

  test("a login that is there at the second look is proven", () => {
    for (const [row, file] of [
      [3, NONE],
      [3, CORRUPT],
      [4, BLANK],
    ] as const) {
      const second = afterRetry(facts({ file }), row, L);
      expect(nextStep(second)).toEqual({ kind: "probe" });
    }
  });
});

const TEXT_401 = "Failed to authenticate. API Error: 401 OAuth token has expired.";
const REVOKED = "Failed to authenticate: OAuth token revoked. Please log in again.";

describe("rows after a probe of a usable login", () => {
  test.each([
    [1, "no-cli", { kind: "not-started", why: "ENOEXEC" }, L],
    [5, "stuck", { kind: "late" }, L],
    [5, "stuck", { kind: "late" }, ROTATED],
    [6, "signal", { kind: "ended", code: null, signal: "SIGKILL", stdout: "", stderr: "" }, L],
    [7, "no-answer", { kind: "ended", code: 1, signal: null, stdout: "", stderr: "bad flag" }, L],
    [7, "bad-exit", answer("OK", null, false, 1), L],
    [7, "bad-exit", answer("OK", null, false, 1), ROTATED],
    [8, "refresh-proven", OK, ROTATED],
    [8, "refresh-proven", OK, usable("a", { access: "at-new" })],
    [10, "proven", OK, L],
    [11, "after-rotation", answer(TEXT_401, 401), ROTATED],
    [11, "after-rotation", answer(REVOKED, 403), ROTATED],
    [11, "after-rotation", answer("anything", 403), ROTATED],
    [13, "refresh", answer(TEXT_401, 401), L],
    [13, "refresh", answer("words that nobody has seen", 401), L],
    [13, "refresh", answer(REVOKED, 403), L],
    [15, "not-allowed", answer("Claude Code can't use your Claude subscription, usually because", 403), L],
    [15, "no-credit", answer("Credit balance is too low", 400), L],
    [16, "model", answer("There's an issue with the selected model (x).", 404), L],
    [17, "usage", answer("You've hit your session limit · resets 3:34am (UTC)", 429), L],
    [17, "usage", answer("You've hit your weekly limit · resets Monday", 429), ROTATED],
    [18, "api", answer("API Error: Server is temporarily limiting requests", 429), L],
    [18, "api", answer("anything", 503), L],
    [18, "network", answer("API Error: Unable to connect to API (ConnectionRefused)", null), L],
    [18, "network", answer("Request timed out", null), L],
    [18, "network", answer("API Error: No response from API (waited 59s, then 59s on the retry).", null), L],
    [21, "odd", answer("anything", null), L],
    [21, "odd", answer("anything", 403), L],
    [21, "odd", answer("anything", 418), L],
    [21, "odd", answer("anything", 400), L],
    [21, "odd", answer("anything", 404), L],
    [21, "odd", OK, NONE],
    [21, "odd", OK, BLANK],
    [21, "odd", answer(TEXT_401, 401), NONE],
    [21, "odd", answer(TEXT_401, 401), UNREADABLE],
    [21, "odd", { kind: "ended", code: 0, signal: null, stdout: "not JSON", stderr: "" }, L],
    [21, "odd", { kind: "ended", code: null, signal: "SIGTERM", stdout: "", stderr: "" }, ROTATED],
  ] as const)("row %i is %s", (row, reason, outcome, after) => {
    const end = probeEnd(outcome, after, L, { source: ELIGIBLE });
    expect(end).toMatchObject({ row, reason, restore: undefined });
  });

  test("row 9: over its time, accepted, not refreshed", () => {
    const over = usable("a", { expiresAt: NOW - 1 });
    expect(probeEnd(OK, over, over)).toMatchObject({ row: 9, reason: "refresh-failing" });
    // What cannot be refreshed has no refresh that fails.
    const token = usable("a", { expiresAt: NOW - 1, credential: "setup-token" });
    expect(probeEnd(OK, token, token)).toMatchObject({ row: 10 });
  });

  test("row 12: emptied by the CLI; restored only from another login than the refused one", () => {
    for (const outcome of [
      answer("Failed to authenticate: OAuth session expired and could not be refreshed", null),
      answer("Not logged in · Please run /login", null),
      answer("anything", 500),
      answer("You've hit your session limit", 429),
    ]) {
      expect(probeEnd(outcome, BLANK, L, { source: ELIGIBLE })).toMatchObject({
        row: 12,
        reason: "refused",
        restore: "from-vault",
        waited: [[12, 5000]],
      });
      const same = { ...ELIGIBLE, fingerprint: "fp-a" };
      expect(probeEnd(outcome, BLANK, L, { source: same }).restore).toBeUndefined();
    }
  });

  test("row 12: another writer's login is proven in its own right", () => {
    const start = facts({ probe: probed(answer("Not logged in", null), BLANK) });
    expect(nextStep(start)).toMatchObject({ kind: "retry", row: 12 });
    const found = afterRetry(start, 12, ROTATED);
    expect(nextStep(found)).toEqual({ kind: "probe" });
    expect(nextStep({ ...found, probe: probed(OK, ROTATED, ROTATED) })).toMatchObject({
      verdict: { row: 10, restore: undefined },
    });
  });

  test("row 14: a setup-token is restored only from another setup-token", () => {
    const refused = answer("Failed to authenticate. API Error: 401 Invalid bearer token", 401);
    const spare = { ...ELIGIBLE, credential: "setup-token" } as const;
    expect(probeEnd(refused, SETUP, SETUP, { source: spare })).toMatchObject({
      row: 14,
      reason: "setup-token-refused",
      restore: "from-vault",
    });
    expect(probeEnd(refused, SETUP, SETUP, { source: ELIGIBLE }).restore).toBeUndefined();
    expect(
      probeEnd(refused, SETUP, SETUP, { source: { ...spare, fingerprint: "fp-a" } }).restore,
    ).toBeUndefined();
  });

  test.each([
    [6, { kind: "ended", code: null, signal: "SIGKILL", stdout: "", stderr: "" }, L, 0, false],
    [19, answer("another Claude Code process is refreshing it or exited", null), L, 75_000, true],
    [20, answer("Not logged in · Please run /login", null), L, 0, false],
    [20, answer("Failed to authenticate: OAuth session expired and could not", null), ROTATED, 0, false],
  ] as const)("row %i asks once more before it says so", (row, outcome, after, waitMs, clearStaleLocks) => {
    const start = facts({ probe: probed(outcome, after), source: ELIGIBLE });
    expect(nextStep(start)).toEqual({ kind: "retry", row, waitMs, clearStaleLocks });
    const second = afterRetry(start, row, after);
    expect(nextStep(second)).toEqual({ kind: "probe" });
    expect(nextStep({ ...second, probe: probed(outcome, after) })).toMatchObject({
      kind: "end",
      verdict: { row, restore: undefined },
    });
  });

  test("row 13: a lock in the way of the refresh is dealt with as in row 19", () => {
    const probe = { ...probed(answer(TEXT_401, 401), L), locked: true };
    const start = facts({ probe });
    expect(nextStep(start)).toEqual({ kind: "retry", row: 13, waitMs: 75_000, clearStaleLocks: true });
    const second = { ...afterRetry(start, 13, L), probe };
    expect(nextStep(second)).toMatchObject({ kind: "end", verdict: { row: 13 } });
  });

  test("a person's login during the probe is asked for itself", () => {
    const another = usable("c", { loginExpiresAt: NOW + 30 * 86_400_000 });
    for (const outcome of [OK, answer(TEXT_401, 401)]) {
      const start = facts({ probe: probed(outcome, another) });
      expect(nextStep(start)).toMatchObject({ kind: "retry", waitMs: 0 });
    }
    expect(verdictOf(probed(OK, another)).reason).toBe("new-login");
  });
});
