/** What is left of a rotation to be done, and how a token is found in what people and programs give. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { FINDINGS } from "../../../../plan/diagnosis/findings.ts";
import {
  planSteps,
  STEP_NAMES,
  STEPS,
  type StepName,
  type Wanted,
  type World,
} from "../../../../plan/rotation/steps.ts";
import { findToken, lifetimeIn, recognise, tokenFileOf } from "../../../../plan/rotation/find-token.ts";

const NEW = "a".repeat(64);
const OLD = "b".repeat(64);
const ALL = ["runner-agent", "celery-worker"];
const SINCE = "2026-05-22T03:00:00Z";
const NOTHING: Wanted = { reason: undefined, from: undefined };

/** A host on which the old token is rolled out everywhere, and nothing here. */
const world = (changes: Partial<World> = {}): World => ({
  begun: undefined,
  kept: undefined,
  candidate: OLD,
  lagging: [],
  environment: "same",
  ...changes,
});

const begun = { since: SINCE, target: NEW };

const left = (at: World, wanted: Wanted = NOTHING): readonly StepName[] =>
  planSteps(at, wanted).steps.flatMap(({ name, action }) => (action === "do" ? [name] : []));

describe("what is left to be done", () => {
  test.each<[string, World, Wanted, readonly StepName[]]>([
    ["of a rotation that begins", world(), NOTHING, STEP_NAMES],
    [
      "of one that was asked for",
      world(),
      { ...NOTHING, reason: "expires in June" },
      STEP_NAMES.filter((name) => name !== "diagnose"),
    ],
    [
      "of one that was stopped before it had a token",
      world({ begun: { since: SINCE, target: undefined } }),
      NOTHING,
      ["prerequisites", "obtain", "check", "deliver", "roll-out", "verify", "close"],
    ],
    [
      "with a token that is kept here",
      world({ begun, kept: NEW }),
      NOTHING,
      ["prerequisites", "check", "deliver", "roll-out", "verify", "close"],
    ],
    [
      "with a token that is kept here and was delivered, too",
      world({ begun, kept: NEW, candidate: NEW, lagging: ALL }),
      NOTHING,
      ["prerequisites", "roll-out", "verify", "close"],
    ],
    [
      "once it is delivered",
      world({ begun, candidate: NEW, lagging: ALL }),
      NOTHING,
      ["prerequisites", "roll-out", "verify", "close"],
    ],
    [
      "once it is delivered, but not in the environment file",
      world({ begun, candidate: NEW, lagging: ALL, environment: "different" }),
      NOTHING,
      ["prerequisites", "deliver", "roll-out", "verify", "close"],
    ],
    [
      "when a container lags",
      world({ begun, candidate: NEW, lagging: ["celery-worker"] }),
      NOTHING,
      ["prerequisites", "roll-out", "verify", "close"],
    ],
    ["once all have it", world({ begun, candidate: NEW }), NOTHING, ["prerequisites", "verify", "close"]],
    [
      "when somebody has put the old file back meanwhile and nothing is kept",
      world({ begun }),
      NOTHING,
      ["prerequisites", "obtain", "check", "deliver", "roll-out", "verify", "close"],
    ],
    [
      "from a step on",
      world({ candidate: NEW, lagging: ALL }),
      { ...NOTHING, from: "roll-out" },
      ["prerequisites", "roll-out", "verify", "close"],
    ],
    [
      "from the token on, though one is kept and another is delivered",
      world({ begun, kept: NEW, candidate: NEW, lagging: ALL }),
      { ...NOTHING, from: "obtain" },
      ["prerequisites", "obtain", "check", "deliver", "roll-out", "verify", "close"],
    ],
    [
      "from the delivery on, with the environment file alone to be written",
      world({ environment: "different" }),
      { ...NOTHING, from: "deliver" },
      ["prerequisites", "deliver", "verify", "close"],
    ],
  ])("%s", (_, at, wanted, expected) => {
    expect(left(at, wanted)).toEqual(expected);
  });

  it("is about the token that is kept, else about the one that was begun with", () => {
    expect(planSteps(world({ begun, kept: OLD }), NOTHING).target).toBe(OLD);
    expect(planSteps(world({ begun }), NOTHING).target).toBe(NEW);
    expect(planSteps(world(), NOTHING).target).toBeUndefined();
  });

  it("never loses a step whose end is not true yet, and always verifies", () => {
    const digest = fc.constantFrom(NEW, OLD, undefined);
    const worlds = fc.record({
      begun: fc.constantFrom(undefined, begun, { since: SINCE, target: undefined }),
      kept: digest,
      candidate: digest,
      lagging: fc.subarray(["one", "two"]),
      environment: fc.constantFrom("same" as const, "different" as const, undefined),
    });
    fc.assert(
      fc.property(worlds, (at) => {
        const { target, steps } = planSteps(at, NOTHING);
        const done = new Set(steps.filter(({ action }) => action === "do").map(({ name }) => name));
        expect(done.has("prerequisites") && done.has("verify") && done.has("close")).toBe(true);
        if (target === undefined || at.candidate !== target) expect(done.has("deliver")).toBe(true);
        if (target === undefined || at.candidate !== target || at.lagging.length > 0) {
          expect(done.has("roll-out")).toBe(true);
        }
        // What is delivered was checked.
        if (done.has("deliver") && at.candidate !== target) expect(done.has("check")).toBe(true);
        if (at.kept === undefined && done.has("check")) expect(done.has("obtain")).toBe(true);
      }),
    );
  });

  it("ends in every step by an exit code of its own", () => {
    const codes = Object.values(STEPS).map(({ exit }) => exit);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

const TOKEN = `sk-ant-oat01-${"fake0_Fake-".repeat(8)}fakeAAA`;
const ESCAPE = "\u001b";

const words = (text: string) =>
  text
    .split(" ")
    .map((word, index) => (index === 0 ? word : `${ESCAPE}[${index * 7}G${word}`))
    .join("");

/** What Claude Code 2.1.330 draws, at a width: words set apart by moves, the token broken where the terminal ends. */
const drawn = (columns: number, token = TOKEN, valid = "1 year") =>
  [
    `${ESCAPE}[?25l${ESCAPE}[2K${ESCAPE}[1A${ESCAPE}[2G${ESCAPE}[32m✔${words(" Long-lived authentication token created")}${ESCAPE}[39m`,
    "",
    `${ESCAPE}[2G${words(`Your OAuth token (valid for ${valid}):`)}`,
    "",
    ...(token.match(new RegExp(`.{1,${columns}}`, "g")) ?? []).map(
      (line) => `${ESCAPE}[2G${ESCAPE}[93m${line}${ESCAPE}[39m`,
    ),
    "",
    `${ESCAPE}[2G${ESCAPE}[37m${ESCAPE}[2m${words("Store this token securely. You won't be able to see it again.")}${ESCAPE}[22m`,
    "",
    `${ESCAPE}[2G${words("Use this token by setting: export CLAUDE_CODE_OAUTH_TOKEN=<token>")}${ESCAPE}[?25h`,
  ].join("\r\r\n");

describe("a token", () => {
  it("of these tests has the length of a real one", () => {
    expect(TOKEN).toHaveLength(108);
  });

  test.each<[string, string]>([
    ["alone", TOKEN],
    ["with a line's end", `${TOKEN}\n`],
    ["as it is drawn at 320 columns", drawn(320)],
    ["as it is drawn at 80 columns", drawn(80)],
    ["as it is drawn at 40 columns", drawn(40)],
    ["drawn twice, as a terminal's frames are", drawn(320) + drawn(320)],
    ["in a frame", drawn(320).replace(TOKEN, `│ ${TOKEN} │`)],
    ["as an assignment", `export CLAUDE_CODE_OAUTH_TOKEN="${TOKEN}"`],
    ["copied with a break in it", `${TOKEN.slice(0, 79)}\n  ${TOKEN.slice(79)}\n`],
  ])("is found %s", (_, text) => {
    expect(recognise(text)).toEqual({ kind: "token", token: TOKEN });
  });

  test.each<[string, string, RegExp]>([
    ["cut off", TOKEN.slice(0, 79), /has only 79 characters instead of 108: it was cut off/],
    [
      "that lost a character where the terminal broke it",
      drawn(80, TOKEN.slice(0, 79) + TOKEN.slice(80)),
      /was wrapped and has 107 characters instead of 108/,
    ],
    ["of two", `${TOKEN}\n\n${TOKEN.replace("fake0", "other")}`, /several different tokens/],
  ])("%s is no whole one", (_, text, why) => {
    const found = recognise(text);
    expect(found).toMatchObject({ kind: "broken", why: expect.stringMatching(why) });
    expect(JSON.stringify(found)).not.toContain("fake");
  });

  it("is not found where there is none", () => {
    expect(recognise("Login failed.\n")).toEqual({ kind: "none", why: "there is no token in it" });
    expect(recognise("")).toMatchObject({ kind: "none" });
  });

  it("is never found whole where a character is missing, at whatever width it was drawn", () => {
    const cases = fc.tuple(fc.integer({ min: 20, max: 107 }), fc.integer({ min: 13, max: 107 }));
    fc.assert(
      fc.property(cases, ([columns, lost]) => {
        const text = drawn(columns, TOKEN.slice(0, lost) + TOKEN.slice(lost + 1));
        expect(findToken(text).kind).toBe("broken");
      }),
    );
  });

  it("becomes a token file that says it is good for a year", () => {
    const now = Date.parse(SINCE);
    expect(JSON.parse(tokenFileOf(TOKEN, now))).toEqual({
      claudeAiOauth: {
        accessToken: TOKEN,
        expiresAt: Date.parse("2027-05-22T03:00:00Z"),
        scopes: ["user:inference"],
      },
    });
  });
});

test.each<[string, number | undefined]>([
  [drawn(80), 365],
  [drawn(80, TOKEN, "30 days"), 30],
  [drawn(80, TOKEN, "less than a day"), 1 / 3],
  [TOKEN, undefined],
])("the lifetime that stands beside a token is read (%#)", (text, days) => {
  expect(lifetimeIn(text)).toBe(days === undefined ? undefined : days * 86_400_000);
});

describe("credentials", () => {
  const oauth = { accessToken: TOKEN, refreshToken: "sk-ant-ort01-fake", expiresAt: 1, scopes: [] };
  const json = JSON.stringify({ claudeAiOauth: oauth, mcpOAuth: { server: "x" } });

  test.each<[string, string]>([
    ["raw", json],
    ["raw, with a line's end", `${json}\n`],
    ["in hexadecimal, as security(1) prints them", `${Buffer.from(json).toString("hex")}\n`],
    ["in hexadecimal with its mark", `0x${Buffer.from(json).toString("hex").toUpperCase()}`],
  ])("are read %s", (_, text) => {
    expect(recognise(text)).toEqual({ kind: "credentials", oauth });
  });

  test.each<[string, string, string]>([
    [
      "that the CLI has emptied",
      JSON.stringify({ claudeAiOauth: { accessToken: "" } }),
      "given that login up",
    ],
    ["of an entry that is a husk", "{}", "no claudeAiOauth object"],
    ["that are cut off", json.slice(0, -5), "not JSON"],
  ])("%s are none", (_, text, why) => {
    expect(recognise(text)).toMatchObject({ why: expect.stringContaining(why) });
  });
});

describe("docs/operations.md", () => {
  const docs = readFileSync(new URL("../../../../docs/operations.md", import.meta.url), "utf8");
  const rows = docs.split("\n").map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));

  const has = (...cells: readonly string[]) =>
    rows.some((row) => cells.every((cell, at) => row[at + 1] === cell));

  it("has every verdict with its exit code and severity", () => {
    const missing = Object.entries(FINDINGS).filter(
      ([kind, { exit, severity }]) => !has(String(exit), kind, severity ?? ""),
    );
    expect(missing).toEqual([]);
  });

  it("has every step with its exit code", () => {
    expect(Object.entries(STEPS).filter(([name, { exit }]) => !has(String(exit), name))).toEqual([]);
  });
});
