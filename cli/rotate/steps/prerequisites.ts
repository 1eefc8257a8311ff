/** The step `prerequisites`: ssh, the rotation lock, and what it takes to create a token on this machine. */
import { homedir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { findClaude } from "../../../claude/command-line.ts";
import { ExpectedError } from "../../../lib/expected-error.ts";
import { start } from "../../../lib/process.ts";
import type { RotationPlan } from "../../../plan/model.ts";
import { parseAs } from "../../json-input.ts";
import { claudeEnvironment } from "../claude-environment.ts";
import { holdLock, type Rotation, type Say } from "../rotation.ts";

const authStatus = z.object({
  loggedIn: z.boolean(),
  email: z.string().nullish(),
  orgId: z.string().nullish(),
});
type AuthStatus = z.infer<typeof authStatus>;

/** Checks all prerequisites. Taking the lock also proves that ssh works without a question. */
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

/** Returns the path of the CLI on this machine. @throws {ExpectedError} when there is none */
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
    `Claude Code is not in ${where} on this machine. Install it, name it by --claude, or give a token by --source stdin.`,
  );
}

/** Returns why a browser sign-in cannot work here. */
export function terminalProblems(environment: NodeJS.ProcessEnv, terminal: boolean): readonly string[] {
  const found: string[] = [];
  if (environment["CLAUDECODE"] !== undefined || environment["CLAUDE_CODE_ENTRYPOINT"] !== undefined) {
    found.push(
      "This runs inside a Claude Code session, which cannot open a browser to sign in. Run it in a separate terminal.",
    );
  }
  if (!terminal) {
    found.push(
      "Creating a token needs a terminal. Run this in a terminal, or give a token by --source stdin.",
    );
  }
  return found;
}

/** @throws {ExpectedError} when the account of the settings is not signed in here */
async function checkAccount(claude: string, account: RotationPlan["account"]): Promise<void> {
  const complaint = accountComplaint(await readAuthStatus(claude), account);
  if (complaint !== undefined) throw new ExpectedError(complaint);
}

/**
 * Asks `claude auth status`. It may refresh the login, so it is never ended: ended in the middle of a refresh, it would lose
 * the login.
 */
async function readAuthStatus(claude: string): Promise<AuthStatus> {
  // When no account is signed in it exits with 1, and standard output says so.
  const { stdout } = await start(claude, ["auth", "status"], { env: claudeEnvironment(process.env) });
  const complaint = `\`${claude} auth status\` did not say who is signed in. Update the CLI (\`claude update\`), then try again.`;
  return parseAs(authStatus, stdout, complaint);
}

/** Returns why the wrong account, or none, is signed in, with the remedy; undefined when the right one is. */
export function accountComplaint(found: AuthStatus, wanted: RotationPlan["account"]): string | undefined {
  const login = `claude auth login --claudeai${wanted.email === undefined ? "" : ` --email ${wanted.email}`}`;
  if (!found.loggedIn) return `No account is signed in to Claude Code here. Run \`${login}\`.`;
  const { email, orgId } = found;
  if (wanted.email !== undefined && email?.toLowerCase() !== wanted.email.toLowerCase()) {
    return `${email ?? "An unnamed account"} is signed in to Claude Code here instead of ${wanted.email}. Run \`${login}\`.`;
  }
  if (wanted.organization !== undefined && orgId?.toLowerCase() !== wanted.organization) {
    return `Claude Code is signed in to the organisation ${orgId ?? "unknown"} here instead of ${wanted.organization}. Run \`${login}\`.`;
  }
  return undefined;
}
