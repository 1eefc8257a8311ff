/** How a token is found in what people and programs give. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { findToken, lifetimeIn, recognise, tokenFileOf } from "../../../../plan/rotation/find-token.ts";

const TOKEN = `sk-ant-oat01-${"fake0_Fake-".repeat(8)}fakeAAA`;
const ESCAPE = "\u001b";

const words = (text: string) =>
  text
    .split(" ")
    .map((word, index) => (index === 0 ? word : `${ESCAPE}[${index * 7}G${word}`))
    .join("");

/** What Claude Code 2.1.330 draws: moves of the cursor separate words, and the token wraps at the terminal's width. */
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
  ])("%s is incomplete", (_, text, why) => {
    const found = recognise(text);
    expect(found).toMatchObject({ kind: "broken", why: expect.stringMatching(why) });
    expect(JSON.stringify(found)).not.toContain("fake");
  });

  it("is not found in text without a token", () => {
    expect(recognise("Login failed.\n")).toEqual({ kind: "none", why: "it holds no token" });
    expect(recognise("")).toMatchObject({ kind: "none" });
  });

  it("is never complete when a character is missing, at any width", () => {
    const cases = fc.tuple(fc.integer({ min: 20, max: 107 }), fc.integer({ min: 13, max: 107 }));
    fc.assert(
      fc.property(cases, ([columns, lost]) => {
        const text = drawn(columns, TOKEN.slice(0, lost) + TOKEN.slice(lost + 1));
        expect(findToken(text).kind).toBe("broken");
      }),
    );
  });

  it("becomes a token file that expires in a year", () => {
    const now = Date.parse("2026-05-22T03:00:00Z");
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
])("the lifetime beside a token is read (%#)", (text, days) => {
  expect(lifetimeIn(text)).toBe(days === undefined ? undefined : days * 86_400_000);
});

describe("credentials", () => {
  const oauth = { accessToken: TOKEN, refreshToken: "sk-ant-ort01-fake", expiresAt: 1, scopes: [] };
  const json = JSON.stringify({ claudeAiOauth: oauth, mcpOAuth: { server: "x" } });

  test.each<[string, string]>([
    ["raw", json],
    ["raw, with a line's end", `${json}\n`],
    ["in hexadecimal, as security(1) prints them", `${Buffer.from(json).toString("hex")}\n`],
    ["in hexadecimal with a prefix", `0x${Buffer.from(json).toString("hex").toUpperCase()}`],
  ])("are read %s", (_, text) => {
    expect(recognise(text)).toEqual({ kind: "credentials", oauth });
  });

  test.each<[string, string, string]>([
    [
      "that the CLI has emptied",
      JSON.stringify({ claudeAiOauth: { accessToken: "" } }),
      "discarded that login",
    ],
    ["of an empty entry", "{}", "no claudeAiOauth object"],
    ["that are incomplete", json.slice(0, -5), "not JSON"],
  ])("%s are none", (_, text, why) => {
    expect(recognise(text)).toMatchObject({ why: expect.stringContaining(why) });
  });
});
