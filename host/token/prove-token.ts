/** Proves an access token by one real call. Only a call that generated output proves it. */
import { chown, mkdtemp, realpath, rm, rmdir, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { describeEnd } from "../../lib/process.ts";
import { runProcess } from "../../lib/run-process.ts";
import { findClaude, probeArguments, probeEnvironment } from "../../claude/command-line.ts";
import { CREDENTIALS_FILE, type OauthObject } from "../../claude/credentials.ts";
import { callEndOf, type CallEnd, type CallOutcome } from "../../claude/answer-patterns.ts";
import { withoutSecrets } from "../../contract/agent-report.ts";
import { accountOf } from "../accounts.ts";
import type { HostToken } from "../../contract/token-file.ts";
import { callWithToken } from "../../claude/messages-api.ts";

/** Says as whom the CLI runs when root must not run it itself: as the owner of the token file. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  /** The folder in which a private scratch folder is created. */
  readonly scratchParent: string;
}

const DEADLINE_MS = 240_000;
const DEFAULT_API = "https://api.anthropic.com";

/** The end of a call. `refusal` is a whole sentence, for failures whose outcome alone does not say what to do. */
type TokenCall = CallEnd & { readonly refusal?: string };

/** Returns where a scratch folder may be created: for root in /run, so that the token never reaches a disk, and else in `fallback`. */
export function scratchParent(fallback: string): string {
  return process.getuid?.() === 0 ? "/run" : fallback;
}

/** Makes the call that the settings ask for. @returns why the token is not proven, as a sentence; undefined when it is */
export async function proveToken(
  oauth: OauthObject,
  gate: HostToken["gate"],
  caller: Caller,
): Promise<string | undefined> {
  const end = await callByGate(oauth, gate, caller);
  return end.outcome === "ok" ? undefined : (end.refusal ?? refusalSentence(end.outcome, end.why));
}

/** Makes the call that the settings ask for, and returns its end. */
export function callByGate(oauth: OauthObject, gate: HostToken["gate"], caller: Caller): Promise<TokenCall> {
  return gate.probe === "cli"
    ? callByCli(oauth, gate, caller)
    : callWithToken(oauth, gate.apiUrl, gate.model);
}

function notMade(refusal: string): TokenCall {
  return { outcome: "unknown", why: refusal, refusal };
}

/**
 * Asks the real CLI in a scratch folder that holds nothing but the access token. A refresh here would consume the
 * candidate's refresh token.
 */
async function callByCli(oauth: OauthObject, gate: HostToken["gate"], caller: Caller): Promise<TokenCall> {
  const claude = await findClaude((await accountOf(caller.uid))?.home ?? "/", gate.claude);
  if (claude === undefined) {
    const where = gate.claude ?? "its usual places";
    return notMade(
      `Claude Code is not installed in ${where} on the token's host; install it, set \`claude\` of the gate, or use \`probe: https\`.`,
    );
  }
  const runner = await runnerOf(claude, caller);
  const scratch = await mkdtemp(join(caller.scratchParent, ".claude-fleet-gate-"));
  try {
    const withoutRefresh: Record<string, unknown> = { ...oauth };
    delete withoutRefresh["refreshToken"];
    const credentials = JSON.stringify({ claudeAiOauth: withoutRefresh });
    await writeFileAtomic(join(scratch, CREDENTIALS_FILE), credentials, { mode: 0o600, owner: runner });
    if (runner !== undefined) await chown(scratch, runner.uid, runner.gid);
    const base = new URL(gate.apiUrl).origin === DEFAULT_API ? {} : { ANTHROPIC_BASE_URL: gate.apiUrl };
    const env = probeEnvironment({ name: userInfo().username, home: scratch }, process.env, {
      CLAUDE_CONFIG_DIR: scratch,
      ...base,
    });
    // This CLI has nothing to refresh. Unlike the agent's CLI, it may be killed at a deadline.
    const end = await runProcess(claude, probeArguments(gate.model), {
      env,
      cwd: scratch,
      ...(runner === undefined ? {} : { uid: runner.uid, gid: runner.gid }),
      deadlineMs: DEADLINE_MS,
      maxOutputBytes: 1024 * 1024,
    });
    if (end.notRun !== undefined || end.cut !== undefined) {
      return notMade(
        `The token was not proven: ${claude} ${describeEnd(end)}; try again, or run it by hand on the token's host.`,
      );
    }
    return callEndOf({ kind: "ended", ...end });
  } finally {
    await removeScratch(scratch, runner);
  }
}

/**
 * Removes the scratch folder. The runner's processes may exchange what lies in it for links meanwhile. Therefore the runner
 * itself removes the content, and root only the empty folder.
 */
export async function removeScratch(
  scratch: string,
  runner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  if (runner === undefined) return rm(scratch, { recursive: true, force: true });
  const { uid, gid } = runner;
  const options = { env: { PATH: "/usr/bin:/bin" }, uid, gid, deadlineMs: 30_000, maxOutputBytes: 64 * 1024 };
  await runProcess("rm", ["-rf", "--", scratch], options);
  // The runner still has what it creates after that, and only the runner can read it.
  await rmdir(scratch).catch(() => undefined);
}

/** Returns as whom the CLI must run; undefined for this process's own user. Root runs no program that others could replace. */
async function runnerOf(claude: string, caller: Caller): Promise<Caller | undefined> {
  if (process.getuid?.() !== 0 || caller.uid === 0) return undefined;
  for (let part = await realpath(claude); ; part = dirname(part)) {
    const { uid, mode } = await stat(part);
    if (uid !== 0 || (mode & 0o022) !== 0) return caller;
    if (part === dirname(part)) return undefined;
  }
}

/** Says why a token is not proven, and what to do. After a limit or an outage nothing is known about the token. */
export function refusalSentence(outcome: Exclude<CallOutcome, "ok">, why: string): string {
  const words = withoutSecrets(why);
  switch (outcome) {
    case "refused":
      return `The token was refused by the API (${words}); make a fresh one, and put it in the file's place.`;
    case "not-allowed":
      return `The organisation or its plan does not allow this token (${words}); ask its administrator.`;
    case "limit":
      return `The token is not proven: its account has reached a limit (${words}); run \`pulumi up\` again after the reset.`;
    case "upstream":
      return `The token is not proven: the API or the way to it is in trouble (${words}); run \`pulumi up\` again later.`;
    case "unknown":
      return `The token is not proven (${words}); check the gate's \`claude\`, \`model\` and \`probe\` settings.`;
  }
}
