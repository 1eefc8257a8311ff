/** Each answer of the real CLI, as it was measured with two of its versions, has its class. */
import { describe, expect, test } from "vitest";
import type { CredentialState } from "../../../agent/credentials.ts";
import type { ProbeEnd } from "../../../agent/probe.ts";
import { judgeProbe } from "../../../agent/verdict.ts";
import { login, setupToken } from "../support/login.ts";

const usable = (oauth: Record<string, unknown>): CredentialState => ({ kind: "usable", oauth });
const before = usable(login("a"));
const rotated = usable(login("b"));
const blank: CredentialState = { kind: "blank", oauth: {} };

function said(result: string, status: number | null, isError = true): ProbeEnd {
  const answer = { type: "result", subtype: "success", is_error: isError, api_error_status: status, result };
  return { kind: "ended", code: isError ? 1 : 0, signal: null, stdout: JSON.stringify(answer), stderr: "" };
}

test("an answer is ok, whatever its text, with the login refreshed or not", () => {
  expect(judgeProbe(said("Certainly!", null, false), before, before).class).toBe("ok");
  expect(judgeProbe(said("OK", null, false), before, rotated).class).toBe("ok");
});

describe("the file's transition comes before status and text", () => {
  const words = "Failed to authenticate. API Error: 401 OAuth token has expired.";
  test.each([
    ["emptied", before, blank, "auth-dead"],
    ["rotated", before, rotated, "rejected"],
    ["unchanged, with a refresh token", before, before, "refresh"],
    ["unchanged, without one", usable(setupToken("a")), usable(setupToken("a")), "auth-dead"],
    ["gone", before, { kind: "none" } as const, "unknown"],
  ])("401 and the file %s", (_, from, to, expected) => {
    expect(judgeProbe(said(words, 401), from, to).class).toBe(expected);
  });
});

test.each([
  [
    "Failed to authenticate: OAuth token revoked. Please log in again or contact your administrator.",
    403,
    "refresh",
  ],
  [
    "Your account does not have access to Claude. Please login again or contact your administrator.",
    403,
    "refresh",
  ],
  [
    "Claude Code can't use your Claude subscription, usually because a payment is past due",
    403,
    "org-policy",
  ],
  ["Your organization has disabled Claude subscription access for Claude Code", 403, "org-policy"],
  ["Credit balance is too low", 400, "org-policy"],
  ["There's an issue with the selected model (claude-haiku-5-5).", 404, "tooling"],
  ["You've hit your 5-hour limit · resets 3:23am (UTC)", 429, "limit"],
  ["You've hit your session limit · resets 3:34am (UTC)", 429, "limit"],
  ["API Error: Server is temporarily limiting requests (not your usage limit)", 429, "transient"],
  ["API Error: 529 Overloaded. This is a server-side issue, usually temporary", 529, "transient"],
  ["API Error: 500 Internal server error.", 500, "transient"],
  [
    "API Error: Connection refused — a firewall or proxy may be blocking it (ECONNREFUSED)",
    null,
    "transient",
  ],
  ["API Error: Unable to connect to API (ConnectionRefused)", null, "transient"],
  ["API Error: Can't reach the API server — check your internet or DNS (EAI_AGAIN)", null, "transient"],
  ["API Error: Unable to connect to API (FailedToOpenSocket)", null, "transient"],
  [
    "Request timed out. If the API is slow to answer, or a proxy or gateway holds responses",
    null,
    "transient",
  ],
  [
    "Failed to refresh OAuth token: another Claude Code process is refreshing it or exited mid-refresh.",
    null,
    "lock",
  ],
  ["Not logged in · Please run /login", null, "tooling"],
  ["Failed to authenticate: OAuth session expired and could not be refreshed", null, "tooling"],
  ["Something nobody has seen", null, "unknown"],
  ["I'm a teapot", 418, "unknown"],
])("%s (%s) is %s", (text, status, expected) => {
  expect(judgeProbe(said(text, status), before, before).class).toBe(expected);
});

test("a CLI that did not answer says nothing about the login", () => {
  const silent = { kind: "ended", code: 1, signal: null, stdout: "", stderr: "Configuration error" } as const;
  expect(judgeProbe(silent, before, before)).toEqual({
    class: "tooling",
    why: "the CLI gave no answer (exit code 1): Configuration error",
  });
  expect(judgeProbe({ kind: "not-started", why: "ENOENT" }, before, before).class).toBe("tooling");
  expect(judgeProbe({ kind: "stuck", mark: null }, before, before).class).toBe("stuck");
  expect(judgeProbe({ ...silent, code: null, signal: "SIGKILL" }, before, before).class).toBe("interrupted");
});

test("an answer with a bad exit code is no success: the successor may be lost", () => {
  const end = { ...said("OK", null, false), code: 1 } as ProbeEnd;
  expect(judgeProbe(end, before, before)).toMatchObject({ class: "tooling" });
});
