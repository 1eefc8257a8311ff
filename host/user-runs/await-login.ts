/** `await-login`: waits until a user has logged in, and proves it by a run. */
import { ExpectedError } from "../../lib/expected-error.ts";
import type { LoginResult } from "../../contract/user-run.ts";
import type { Session } from "../session.ts";
import type { HostSystem } from "../system.ts";
import { askUser, taskFor } from "../user-process.ts";
import { userAccount, type UserAccount } from "../as-user/task-messages.ts";
import { runAgent } from "./run-agent.ts";
import type { TargetUser } from "./find-user.ts";

const POLL_MS = 2000;
/** Polls between two signs of life. */
const PROGRESS_POLLS = 5;

/**
 * Runs the agent for the login that is there, and again for each other one that appears, until one is proven.
 * @throws {ExpectedError} after `timeoutSeconds`, or when the operator has gone
 */
export async function awaitLogin(
  system: HostSystem,
  target: TargetUser,
  timeoutSeconds: number,
  session: Session,
): Promise<LoginResult> {
  const { user, plan } = target;
  let tried: string | null = null;
  for (let waited = 0, poll = 0; ; waited += POLL_MS, poll++) {
    const { fingerprint } = await look(system, target);
    if (fingerprint !== null && fingerprint !== tried) {
      const run = await runAgent(system, target, session);
      if (run.exitCode === 0 && run.class === "ok") return { user: user.name, workstation: plan.host, run };
      // Another run had the lock: it may have begun before the login was there.
      if (run.class !== "busy") tried = (await look(system, target)).fingerprint;
      if (run.class !== "busy") session.progress("that login is not good yet; waiting for another one");
    }
    if (session.gone) throw new ExpectedError("The operator has gone.");
    if (waited >= timeoutSeconds * 1000) {
      throw new ExpectedError(
        `${user.name} has not logged in on ${plan.host} within ${timeoutSeconds} s; run this again to go on waiting.`,
      );
    }
    if (poll % PROGRESS_POLLS === 0) session.progress(`waiting for ${user.name} to log in on ${plan.host}`);
    await system.wait(POLL_MS);
  }
}

async function look(system: HostSystem, { plan, user, account }: TargetUser): Promise<UserAccount> {
  const task = taskFor(plan, user, account, { vaultAway: "not asked" });
  const asked = await askUser(system, account, "observe", task, userAccount);
  if ("problem" in asked) throw new ExpectedError(asked.problem);
  return asked.answer;
}
