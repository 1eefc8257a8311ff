/**
 * A model of the Claude Code CLI that is asked for one inference. It does what two versions of the real CLI were measured to
 * do: when and how often it refreshes, what it writes, when it empties the login, what it says. Locks and their times are
 * those of the real CLI. test/unit/simulation/claude-model.test.ts replays every measured case.
 */
import { refreshLogin } from "./claude-refresh.ts";
import { LOCKED, MANNERS, NOT_LOGGED_IN, serverTrouble, THROTTLED } from "./claude-texts.ts";
import type { MessageReply } from "./oauth-server.ts";
import type { CliPort } from "./claude-port.ts";
import type { HeldLogin } from "./claude-login.ts";
import { readLogin } from "./claude-login.ts";

/** How the CLI ends when it is not killed. */
export interface CliEnd {
  readonly code: 0 | 1;
  readonly stdout: string;
}

/** Asks for one inference. */
export async function askModel(cli: CliPort): Promise<CliEnd> {
  const manner = MANNERS[cli.version];
  const { texts } = manner;
  const { oauthToken, apiKey, authToken } = cli.environment;
  const fixed = authToken ?? apiKey ?? oauthToken;
  let login: HeldLogin | undefined;
  let notStored = false;
  if (fixed === undefined) {
    const read = await readLogin(cli);
    if (read === "blank") return failure(cli, null, texts.blankLogin);
    if (read === undefined) return failure(cli, null, NOT_LOGGED_IN);
    login = read;
  }
  let token = fixed ?? login?.accessToken ?? "";
  let refusedForGood = false;
  let refreshedHere = false;
  let tries = 0;
  let deniedAlike = 0;

  const refresh = async (forced: boolean): Promise<"locked" | undefined> => {
    if (login === undefined) return undefined;
    const end = await refreshLogin(cli, login, forced);
    if (end.kind === "locked") return "locked";
    if (end.kind === "refused") refusedForGood = true;
    if (end.kind !== "refreshed") return undefined;
    login = end.login;
    notStored ||= !end.stored;
    if (token !== login.accessToken) deniedAlike = 0;
    token = login.accessToken;
    refreshedHere = true;
    return undefined;
  };

  for (;;) {
    if (!refusedForGood && (await refresh(false)) === "locked") return failure(cli, null, LOCKED);
    if (refusedForGood && !manner.asksWithRefusedLogin) return failure(cli, null, texts.refusedLogin);
    if (tries === 0) await fetchProfile(cli, token);
    const reply = await cli.message(token);
    tries++;
    if (reply.kind === "answer" && reply.status === 200) return success(cli, notStored);
    const verdict = judge(cli, reply);
    if (verdict.kind === "final") return failure(cli, verdict.status, verdict.text);
    if (verdict.kind === "passing") {
      if (tries > cli.retries) return failure(cli, verdict.status, verdict.text);
      await cli.sleep(backoff(tries));
      continue;
    }
    if (verdict.kind === "again") {
      if (tries >= 2) return failure(cli, verdict.status, verdict.text);
      continue;
    }
    // The API refuses the login: 401, or 403 for a revoked login.
    deniedAlike++;
    if (refusedForGood) return failure(cli, null, texts.refusedLogin);
    if (manner.refreshesForEachRetry && tries > cli.retries)
      return failure(cli, verdict.status, verdict.text);
    if (manner.refreshesForEachRetry) await cli.sleep(backoff(tries));
    if (manner.refreshesForEachRetry || !refreshedHere) {
      const former = token;
      if ((await refresh(true)) === "locked") return failure(cli, null, LOCKED);
      if (refusedForGood) return failure(cli, null, texts.refusedLogin);
      if (former !== token) continue;
    }
    if (deniedAlike < 2) {
      if (login === undefined && oauthToken !== undefined && manner.fallsBackToFile) {
        const read = await readLogin(cli);
        if (read !== undefined && read !== "blank") {
          login = read;
          token = read.accessToken;
        }
      }
      continue;
    }
    return failure(cli, verdict.status, verdict.text);
  }
}

type Judged =
  | { readonly kind: "denied" | "again"; readonly status: number; readonly text: string }
  | { readonly kind: "final" | "passing"; readonly status: number | null; readonly text: string };

function judge(cli: CliPort, reply: MessageReply): Judged {
  const { texts, retriesThrottled } = MANNERS[cli.version];
  if (reply.kind === "refused") return { kind: "passing", status: null, text: texts.refused };
  if (reply.kind === "hang") return { kind: "passing", status: null, text: texts.timedOut(cli.timeoutMs) };
  const { status, text } = reply;
  if (status === 401)
    return { kind: "denied", status, text: `Failed to authenticate. API Error: 401 ${text}` };
  if (status === 403) {
    return /revoked/.test(text)
      ? { kind: "denied", status, text: texts.revoked }
      : { kind: "final", status, text: texts.notAllowed };
  }
  if (status === 404) return { kind: "again", status, text: texts.model };
  if (status === 429) {
    if (/usage/.test(text)) return { kind: "final", status, text: texts.usage };
    return { kind: retriesThrottled ? "passing" : "final", status, text: THROTTLED };
  }
  if (status >= 500) return { kind: "passing", status, text: serverTrouble(status) };
  return { kind: "final", status, text };
}

/** Fetches the profile, unless the configuration holds it. */
async function fetchProfile(cli: CliPort, token: string): Promise<void> {
  const reading = await cli.files.read(cli.configuration, 1 << 20);
  let content: Record<string, unknown> = {};
  try {
    if (reading.kind === "file") content = JSON.parse(reading.text) as Record<string, unknown>;
  } catch {
    // The configuration is corrupt, and is replaced.
  }
  if ("oauthAccount" in content) return;
  const email = await cli.profile(token);
  if (email === undefined) return;
  await storeProfile(cli, email, content);
}

/** Stores the profile, if there is room. @param content the other keys of the file */
export async function storeProfile(
  cli: CliPort,
  email: string,
  content: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const oauthAccount = { emailAddress: email, organizationUuid: null, profileFetchedAt: cli.wallClock() };
  const temporary = `${cli.configuration}.tmp.${cli.random(6)}`;
  try {
    await cli.files.create(temporary, JSON.stringify({ ...content, oauthAccount }));
    await cli.files.sync(temporary);
    await cli.files.rename(temporary, cli.configuration);
  } catch {
    await cli.files.remove(temporary);
  }
}

function backoff(tries: number): number {
  return Math.min(32_000, 500 * 2 ** (tries - 1));
}

function success(cli: CliPort, notStored: boolean): CliEnd {
  const code = notStored ? MANNERS[cli.version].exitWhenNotStored : 0;
  return { code, stdout: stdout(false, null, "OK", "completed") };
}

function failure(cli: CliPort, status: number | null, text: string): CliEnd {
  return { code: 1, stdout: stdout(true, status, text, MANNERS[cli.version].terminalReasonOnError) };
}

function stdout(isError: boolean, status: number | null, result: string, terminalReason: string): string {
  return JSON.stringify({
    type: "result",
    subtype: "success",
    is_error: isError,
    api_error_status: status,
    result,
    terminal_reason: terminalReason,
  });
}
