/** Asks a user's own process, and believes nothing but the shape of its answer. */
import * as z from "zod";
import { plainText } from "../lib/expected-error.ts";
import { describeEnd, type ProcessEnd } from "../lib/process.ts";
import { parseJson } from "../lib/parse-json.ts";
import type { Account, HostSystem } from "./system.ts";
import type { UserTaskName } from "./as-user/main.ts";
import type { UserTask } from "./as-user/task-messages.ts";
import type { HostPlan, HostUser } from "../contract/host-plan.ts";
import { nameInVault } from "../plan/vault/names.ts";

/** The answer of a user's process, or why there is none. */
export type UserAnswer<T> = { readonly answer: T } | { readonly problem: string };

const envelope = z.union([
  z.strictObject({ answer: z.unknown() }),
  z.strictObject({ problems: z.array(z.string()).min(1).max(10) }),
]);

/** How many users' processes run at a time. */
export const USERS_AT_ONCE = 8;

/** Runs `name` as that user. A process that crashes, hangs or lies is that user's problem alone. */
export async function askUser<T>(
  system: HostSystem,
  account: Account,
  name: UserTaskName,
  task: UserTask,
  shape: z.ZodType<T>,
): Promise<UserAnswer<T>> {
  return readAnswer(await system.asUser(account, name, JSON.stringify(task)), shape, account.name);
}

/** Judges what a user's process has left. */
export function readAnswer<T>(end: ProcessEnd, shape: z.ZodType<T>, user: string): UserAnswer<T> {
  const said = parseJson(end.stdout);
  const outer = envelope.safeParse(said);
  if (outer.success && "problems" in outer.data) {
    return { problem: `${user}: ${plainText(outer.data.problems.join(" "), 1500)}` };
  }
  if (end.code !== 0) return { problem: `${user}: the process that runs as this user ${describeEnd(end)}.` };
  const inner = outer.success && "answer" in outer.data ? shape.safeParse(outer.data.answer) : undefined;
  if (inner?.success) return { answer: inner.data };
  return { problem: `${user}: the process that runs as this user gave an answer of another shape.` };
}

/** The task of a user of the plan. */
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
