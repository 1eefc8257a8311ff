/** `await-login`: waits until a user has logged in, and proves the login by a run of the agent. */
import { ExpectedError } from "../../lib/expected-error.ts";
import type { ResultOf } from "../../contract/actions.ts";
import type { Session } from "../session.ts";
import type { HostSystem } from "../system.ts";
import { askUser, taskFor } from "../user-process.ts";
import { userAccount, type UserAccount } from "../as-user/task-messages.ts";
import { runAgent } from "./run-agent.ts";
import type { TargetUser } from "./find-user.ts";

const POLL_MS = 2000;
/** Polls between two progress events. */
const PROGRESS_POLLS = 5;

/**
 * Runs the agent for the present login, and again for each new login, until one is proven.
 * @throws {ExpectedError} after `timeoutSeconds`, or when the operator has gone
 */
export async function awaitLogin(
  system: HostSystem,
  target: TargetUser,
  timeoutSeconds: number,
  session: Session,
): Promise<ResultOf<"await-login">> {
  const { user, plan } = target;
  let tried: string | null = null;
  for (let waited = 0, poll = 0; ; waited += POLL_MS, poll++) {
    const { fingerprint } = await observe(system, target);
    if (fingerprint !== null && fingerprint !== tried) {
      const run = await runAgent(system, target, session);
      if (run.exitCode === 0 && run.class === "ok") return { user: user.name, workstation: plan.host, run };
      // A busy run says nothing about this login: the other run may have begun before the login appeared.
      if (run.class !== "busy") tried = (await observe(system, target)).fingerprint;
      if (run.class !== "busy") session.progress("that login is not proven; waiting for another one");
    }
    if (session.gone) throw new ExpectedError("The connection to the operator has ended.");
    if (waited >= timeoutSeconds * 1000) {
      throw new ExpectedError(
        `${user.name} has not logged in on ${plan.host} within ${timeoutSeconds} s; run this again to wait longer.`,
      );
    }
    if (poll % PROGRESS_POLLS === 0) session.progress(`waiting for ${user.name} to log in on ${plan.host}`);
    await system.wait(POLL_MS);
  }
}

async function observe(system: HostSystem, { plan, user, account }: TargetUser): Promise<UserAccount> {
  const task = taskFor(plan, user, account, { vaultAway: "not asked" });
  const asked = await askUser(system, account, "observe", task, userAccount);
  if ("problem" in asked) throw new ExpectedError(asked.problem);
  return asked.answer;
}
