/** Compares the model of the CLI with every case that was measured with the real CLI. */
import { expect, test } from "vitest";
import { startClaude } from "../../support/simulation/claude-process.ts";
import type { ClaudeVersion } from "../../support/simulation/claude-texts.ts";
import { Disk } from "../../support/simulation/disk.ts";
import { Kernel } from "../../support/simulation/kernel.ts";
import { OauthServer } from "../../support/simulation/oauth-server.ts";
import { Random } from "../../support/simulation/random.ts";
import {
  measuredCases,
  setupOf,
  type CaseSetup,
  type MeasuredCase,
} from "../../support/fakes/measured-cases.ts";

const FOLDER = "/home/alice/.claude";
const FILE = `${FOLDER}/.credentials.json`;
const HOUR = 3_600_000;

const everyCase = (["2.1.330", "2.1.197"] as const).flatMap((version) =>
  measuredCases(version).map((measured) => ({
    version,
    name: `${measured.case}, ${measured.retries ?? "default"} retries`,
    measured,
  })),
);

test.each(everyCase)("$version: $name", async ({ version, measured }) => {
  const seen = await replay(version, measured, setupOf(measured.case));
  const { exit, isError, status, terminalReason, result, messages, refreshes, sent, file } = measured;
  expect(seen).toEqual({ exit, isError, status, terminalReason, result, messages, refreshes, sent, file });
});

async function replay(version: ClaudeVersion, measured: MeasuredCase, setup: CaseSetup) {
  const kernel = new Kernel(new Random(1), Date.UTC(2030, 0, 1));
  const disk = new Disk(() => kernel.wallClock());
  const server = new OauthServer(() => kernel.now);
  server.messageTrouble = setup.messages;
  server.refreshTrouble = setup.refresh;
  server.adopt({ accessToken: "LIVE", refreshToken: "LIVE", endsAt: Infinity });
  server.adopt({ accessToken: "OLD", refreshToken: "OLD", endsAt: kernel.now - HOUR });
  server.adopt({ accessToken: "REVOKED", refreshToken: "REVOKED", endsAt: kernel.now - HOUR });
  server.adopt({ accessToken: "DEAD", endsAt: kernel.now - HOUR });
  disk.makeFolder(FOLDER);
  const before = contentOf(setup, kernel.now);
  if (before !== undefined) disk.create(FILE, before);
  const sent = recordTokens(server);
  const claude = startClaude({
    kernel,
    disk,
    server,
    version,
    folder: FOLDER,
    configuration: "/home/alice/.claude.json",
    retries: measured.retries ?? 10,
    environment: setup.environment ?? {},
    timeoutMs: setup.timeoutMs ?? 600_000,
  });
  if (measured.cutSeconds !== undefined)
    kernel.at(kernel.now + measured.cutSeconds * 1000, () => claude.process.kill());
  await kernel.runUntil(() => !claude.process.alive, kernel.now + 24 * HOUR);
  return {
    ...said(claude.end),
    messages: server.messages,
    refreshes: server.refreshes,
    sent: [...new Set(sent)].map(inOrder()),
    file: fileAfter(before, disk.text(FILE), kernel.now),
  };
}

function contentOf({ file }: CaseSetup, now: number): string | undefined {
  if (file === "none") return undefined;
  if (typeof file === "object") return file.text;
  const token = {
    live: "LIVE",
    plain: "LIVE",
    expired: "OLD",
    "without-refresh-token": "OLD",
    dead: "REVOKED",
    blank: "",
  }[file];
  const past = file === "expired" || file === "without-refresh-token";
  const oauth = {
    accessToken: token,
    ...(file === "without-refresh-token" ? {} : { refreshToken: token }),
    expiresAt: file === "blank" ? 0 : now + (past ? -HOUR : HOUR),
    refreshTokenExpiresAt: now + 100 * HOUR,
    scopes: ["user:inference", "user:profile"],
    subscriptionType: "max",
    rateLimitTier: "default_claude_max_5x",
    ...(file === "plain" ? {} : { xUnknownInner: "kept" }),
  };
  const others = file === "plain" ? {} : { mcpOAuth: { "fake-server": {} }, xUnknownTop: "kept" };
  return JSON.stringify({ claudeAiOauth: oauth, ...others });
}

function recordTokens(server: OauthServer): string[] {
  const sent: string[] = [];
  const original = server.message.bind(server);
  server.message = (token, by) => {
    if (server.messageTrouble !== "refused") sent.push(token);
    return original(token, by);
  };
  return sent;
}

function said(end: { readonly code: number; readonly stdout: string } | undefined) {
  if (end === undefined)
    return { exit: 124, isError: null, status: null, terminalReason: null, result: null };
  const answer = JSON.parse(end.stdout) as Record<string, unknown>;
  return {
    exit: end.code,
    isError: answer["is_error"],
    status: answer["api_error_status"],
    terminalReason: answer["terminal_reason"],
    result: answer["result"],
  };
}

/** Numbers the tokens of a case from one, as the fixtures do. */
function inOrder(): (token: string) => string {
  let count = 0;
  return (token) => (/^AT-/.test(token) ? `NEW${++count}` : token);
}

function fileAfter(before: string | undefined, after: string | undefined, now: number): MeasuredCase["file"] {
  if (after === undefined) return "none";
  if (after === before) return "unchanged";
  const content = JSON.parse(after) as Record<string, Record<string, unknown>>;
  const { accessToken, refreshToken, expiresAt, ...rest } = content["claudeAiOauth"] ?? {};
  // Whatever else was in the file is still there.
  expect({ ...content, claudeAiOauth: undefined }).toEqual({
    ...JSON.parse(before ?? "{}"),
    claudeAiOauth: undefined,
  });
  const end = Number(expiresAt);
  return {
    accessToken: renamed(String(accessToken)),
    refreshToken: renamed(String(refreshToken)),
    expiresAt: end === 0 ? 0 : end > now ? "future" : 0,
    keys: ["accessToken", "refreshToken", "expiresAt", ...Object.keys(rest)],
  };
}

/** The newest token of a case has the number of its refreshes. */
function renamed(token: string): string {
  const number = /^[AR]T-(\d+)-/.exec(token)?.[1];
  return number === undefined ? token : `NEW${Math.ceil(Number(number) / 2)}`;
}
