/** What must be there before anything is minted: the way to the host, the lock, and where a token can be made. */
import { homedir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { findClaude } from "../../../claude/command-line.ts";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { start } from "../../../lib/process.ts";
import type { AccountPlan } from "../../../plan/rotation-model.ts";
import { claudeEnvironment } from "../claude-environment.ts";
import { holdLock, type Rotation, type Say } from "../rotation.ts";

const authStatus = z.object({
  loggedIn: z.boolean(),
  email: z.string().nullish(),
  orgId: z.string().nullish(),
});
type AuthStatus = z.infer<typeof authStatus>;

/** The lock is the proof of ssh, too: it was taken by a conversation without a question. */
export async function checkPrerequisites(rotation: Rotation, say: Say): Promise<string> {
  const { options } = rotation;
  if (rotation.mints && options.source !== "stdin") {
    const problems = terminalProblems(process.env, process.stdin.isTTY && process.stdout.isTTY);
    if (problems.length > 0) throw new ExpectedError(problems);
    say("asking Claude Code who is signed in here");
    await checkAccount(await requireClaude(rotation), rotation.target.token.rotation.account);
  }
  say("taking the lock on the host");
  await holdLock(rotation, options.takeOver);
  return "ssh answers without a question; the lock is this rotation's";
}

/** The CLI on this machine. @throws {ExpectedError} when there is none */
export async function requireClaude({ options }: Pick<Rotation, "options">): Promise<string> {
  const onPath = (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, "claude"));
  const candidates = options.claude === undefined ? [undefined, ...onPath] : [options.claude];
  for (const candidate of candidates) {
    const found = await findClaude(homedir(), candidate);
    if (found !== undefined) return found;
  }
  const where = options.claude ?? "its usual places, nor on the PATH,";
  throw new ExpectedError(
    `Claude Code is not in ${where} on this machine; install it, name it by --claude, or give a token by --source stdin.`,
  );
}

/** What keeps a browser sign-in from working here. Pure. */
export function terminalProblems(environment: NodeJS.ProcessEnv, terminal: boolean): readonly string[] {
  const found: string[] = [];
  if (environment["CLAUDECODE"] !== undefined || environment["CLAUDE_CODE_ENTRYPOINT"] !== undefined) {
    found.push(
      "This is inside a Claude Code session, whose sign-in cannot open a browser; run it in a terminal of its own.",
    );
  }
  if (!terminal) {
    found.push(
      "Making a token needs a terminal, and this is none; run it in one, or give a token by --source stdin.",
    );
  }
  return found;
}

/** @throws {ExpectedError} when somebody else than the settings say is signed in here, or nobody */
async function checkAccount(claude: string, account: AccountPlan): Promise<void> {
  const complaint = accountComplaint(await readAuthStatus(claude), account);
  if (complaint !== undefined) throw new ExpectedError(complaint);
}

/**
 * `claude auth status`, which may refresh the login that it tells of: it is waited for to its end, for one that is
 * ended in the middle of a refresh has lost the login.
 */
async function readAuthStatus(claude: string): Promise<AuthStatus> {
  // It exits with 1 when nobody is signed in, and says so on standard output all the same.
  const { stdout } = await start(claude, ["auth", "status"], { env: claudeEnvironment(process.env) });
  try {
    return authStatus.parse(JSON.parse(stdout));
  } catch (error) {
    throw new ExpectedError(
      `\`${claude} auth status\` did not say who is signed in; update it (\`claude update\`), then try again.`,
      { cause: error },
    );
  }
}

/** Why the wrong one, or nobody, is signed in, with what to do; undefined when all is well. Pure. */
export function accountComplaint(found: AuthStatus, wanted: AccountPlan): string | undefined {
  const login = `claude auth login --claudeai${wanted.email === undefined ? "" : ` --email ${wanted.email}`}`;
  if (!found.loggedIn) return `Nobody is signed in to Claude Code here; run \`${login}\`.`;
  const { email, orgId } = found;
  if (wanted.email !== undefined && email?.toLowerCase() !== wanted.email.toLowerCase()) {
    return `${email ?? "Somebody"} is signed in to Claude Code here instead of ${wanted.email}; run \`${login}\`.`;
  }
  if (wanted.organization !== undefined && orgId?.toLowerCase() !== wanted.organization) {
    return `Claude Code is signed in to the organisation ${orgId ?? "unknown"} here instead of ${wanted.organization}; run \`${login}\`.`;
  }
  return undefined;
}
