/** Gives a task to a process of the user, and checks the shape of its answer. */
import * as z from "zod";
import { describeEnd, type ProcessEnd } from "../lib/process.ts";
import { parseJson } from "../lib/parse-json.ts";
import type { Account, HostSystem } from "./system.ts";
import type { UserTaskName } from "./as-user/main.ts";
import type { UserTask } from "./as-user/task-messages.ts";
import type { HostPlan, HostUser } from "../contract/host-plan.ts";
import { nameInVault } from "../plan/vault/names.ts";
import { plainText } from "../lib/printable.ts";

/** The answer of a user's process, or why there is none, as a sentence. */
export type UserAnswer<T> = { readonly answer: T } | { readonly problem: string };

const envelope = z.union([
  z.strictObject({ answer: z.unknown() }),
  z.strictObject({ problems: z.array(z.string()).min(1).max(10) }),
]);

/**
 * Returns how long a user's process may run, in seconds. A stopped process of one user must not use up the time that a
 * preview has for the whole host. Tasks that ask Vault several times get more.
 */
export function userSeconds(task: UserTaskName): number {
  return task === "prepare" || task === "enrol" ? 60 : 20;
}

/** How many users' processes run at the same time. */
export const USERS_AT_ONCE = 8;

/** Milliseconds after which a user's process no longer counts, so that many hanging users do not hold up the others. */
export const USER_PATIENCE_MS = 5000;

/** Does the task `name` as that user. Returns a problem when the process crashes, hangs or answers something else. */
export async function askUser<T>(
  system: HostSystem,
  account: Account,
  name: UserTaskName,
  task: UserTask,
  shape: z.ZodType<T>,
): Promise<UserAnswer<T>> {
  return readAnswer(await system.asUser(account, name, JSON.stringify(task)), shape, account.name);
}

/** Reads the answer from what the process of `user` has printed. */
export function readAnswer<T>(end: ProcessEnd, shape: z.ZodType<T>, user: string): UserAnswer<T> {
  const outer = envelope.safeParse(parseJson(end.stdout));
  if (outer.success && "problems" in outer.data) {
    return { problem: `${user}: ${plainText(outer.data.problems.join(" "), 1500)}` };
  }
  const failed = (why: string) => ({ problem: `${user}: the process that runs as this user ${why}` });
  if (end.code !== 0 || end.cut !== undefined) return failed(`${describeEnd(end)}; ${remedyFor(end, user)}`);
  const inner = outer.success && "answer" in outer.data ? shape.safeParse(outer.data.answer) : undefined;
  if (inner?.success) return { answer: inner.data };
  return failed("printed an answer of an unknown shape; run `pulumi up` again.");
}

function remedyFor({ cut, notRun }: ProcessEnd, user: string): string {
  if (notRun !== undefined) return "check the load of the host, and what it allows this user (`ulimit -a`).";
  if (cut?.by === "deadline")
    return `check the load of the host, whether the user's home answers, and look for stopped processes of the user (\`ps -fu ${user}\`).`;
  return `look for a process of the user that interferes (\`ps -fu ${user}\`), and check the resource limits of this user.`;
}

/** Builds a task for a user of the plan. */
export function taskFor(
  plan: HostPlan,
  user: HostUser,
  account: Account,
  extra: { readonly vaultAway?: string | undefined; readonly wrapped?: UserTask["wrapped"] } = {},
): UserTask {
  return {
    user: nameInVault(user),
    home: account.home,
    fleet: plan.fleet,
    host: plan.host,
    policy: user.policy,
    claude: user.claude ?? null,
    vault: {
      ...plan.vault,
      caPem: plan.vault.caPem ?? null,
      tokenBoundCidrs: [...plan.vault.tokenBoundCidrs],
      rotateTokensAfterSeconds: plan.vault.rotateTokensAfterSeconds ?? null,
    },
    vaultAway: extra.vaultAway ?? null,
    wrapped: extra.wrapped ?? null,
  };
}
