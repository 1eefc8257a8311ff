/** One real call with a candidate's access token. Only a call that succeeded proves it. */
import { chown, mkdtemp, realpath, rm, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../../lib/atomic-file.ts";
import { describeEnd } from "../../lib/process.ts";
import { runProcess } from "../../lib/run-process.ts";
import { findClaude, probeArguments, probeEnvironment } from "../../claude/command-line.ts";
import type { OauthObject } from "../../claude/credentials.ts";
import { callEndOf, type CallEnd, type CallOutcome } from "../../claude/answers.ts";
import { withoutSecrets } from "../../contract/agent-report.ts";
import { accountOf } from "../accounts.ts";
import type { HostToken } from "../../contract/token-file.ts";
import { callWithToken } from "../../claude/messages-api.ts";

/** The token file's owner, to whom root hands a CLI that is not root's own. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  /** Folder in which a private scratch folder may be made. */
  readonly scratchParent: string;
}

/** Why the candidate is not proven, one sentence; undefined when it is. */
export type Proof = Promise<string | undefined>;

const DEADLINE_MS = 240_000;

/** A call's end; `refusal` is a sentence where a class alone would not say what to do. */
type TokenCall = CallEnd & { readonly refusal?: string };

/** Makes the call in the way that the settings ask for. */
export async function proveToken(oauth: OauthObject, gate: HostToken["gate"], caller: Caller): Proof {
  const end = await callByGate(oauth, gate, caller);
  return end.outcome === "ok" ? undefined : (end.refusal ?? refusalSentence(end.outcome, end.why));
}

/** The call itself, for who wants to know more than whether it has succeeded. */
export function callByGate(oauth: OauthObject, gate: HostToken["gate"], caller: Caller): Promise<TokenCall> {
  return gate.probe === "cli"
    ? callByCli(oauth, gate, caller)
    : callWithToken(oauth, gate.apiUrl, gate.model);
}

/** A call that was not made. */
function notMade(refusal: string): TokenCall {
  return { outcome: "unknown", why: refusal, refusal };
}

/**
 * Asks the real CLI in a scratch folder that holds nothing but the token. Its refresh token is left out: what is to
 * be proven is the access token, and a refresh here would consume the candidate's.
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
    await writeFileAtomic(
      join(scratch, ".credentials.json"),
      JSON.stringify({ claudeAiOauth: withoutRefresh }),
      { mode: 0o600, ...(runner === undefined ? {} : { owner: runner }) },
    );
    if (runner !== undefined) await chown(scratch, runner.uid, runner.gid);
    const base = new URL(gate.apiUrl).origin === DEFAULT_API ? {} : { ANTHROPIC_BASE_URL: gate.apiUrl };
    const env = probeEnvironment({ name: userInfo().username, home: scratch }, process.env, {
      CLAUDE_CONFIG_DIR: scratch,
      ...base,
    });
    // This CLI has nothing to refresh, so unlike an agent's it may be cut short.
    const end = await runProcess(claude, probeArguments(gate.model), {
      env,
      cwd: scratch,
      ...(runner === undefined ? {} : { uid: runner.uid, gid: runner.gid }),
      deadlineMs: DEADLINE_MS,
      maxOutputBytes: 1024 * 1024,
    });
    if (end.notRun !== undefined || end.cut !== undefined) {
      return notMade(
        `The token was not proven: ${claude} ${describeEnd(end)}; try again, or run it there by hand.`,
      );
    }
    return callEndOf({ kind: "ended", ...end });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** As whom the CLI runs, when that is not this process's own user: root runs nothing that others could exchange. */
async function runnerOf(claude: string, caller: Caller): Promise<Caller | undefined> {
  if (process.getuid?.() !== 0 || caller.uid === 0) return undefined;
  for (let part = await realpath(claude); ; part = dirname(part)) {
    const { uid, mode } = await stat(part);
    if (uid !== 0 || (mode & 0o022) !== 0) return caller;
    if (part === dirname(part)) return undefined;
  }
}

const DEFAULT_API = "https://api.anthropic.com";

/** The refusal in words; a limit or an outage does not prove a token bad, nor good: containers keep the former one. */
export function refusalSentence(outcome: Exclude<CallOutcome, "ok">, why: string): string {
  const said = withoutSecrets(why);
  switch (outcome) {
    case "refused":
      return `The token was refused by the API (${said}); make a fresh one, and put it in the file's place.`;
    case "not-allowed":
      return `The organisation or its plan does not allow this token (${said}); ask its administrator.`;
    case "limit":
      return `The token is not proven: its account has reached a limit (${said}); run \`pulumi up\` again after the reset.`;
    case "upstream":
      return `The token is not proven: the API or the way to it is in trouble (${said}); run \`pulumi up\` again later.`;
    case "unknown":
      return `The token is not proven (${said}); check the gate's \`claude\`, \`model\` and \`probe\` settings.`;
  }
}
