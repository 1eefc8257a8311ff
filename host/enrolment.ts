/** Sees to it that one user of the plan has a good scoped token: keeps a healthy one, else has one minted. */
import { knownAs } from "../plan/known-as.ts";
import type { ApplyResult, HostPlan, HostUser } from "./protocol.ts";
import type { Operator } from "./session.ts";
import type { Account, HostSystem } from "./system.ts";
import { askUser, taskFor } from "./user-process.ts";
import { enrolAnswer, userAccount, type UserAccount } from "./user/tasks.ts";

/** What became of a user's token. `account` is what the user's process said before it. */
export interface Enrolment {
  readonly token: ApplyResult["users"][number]["token"];
  readonly accessor: string | null;
  readonly account: UserAccount | undefined;
  /** One sentence each; empty when all is well. */
  readonly problems: readonly string[];
}

/** Where a user is enrolled, and by whom. */
export interface EnrolmentContext {
  readonly system: HostSystem;
  readonly plan: HostPlan;
  readonly operator: Operator;
  /** Why Vault need not be asked; undefined when it serves. */
  readonly vaultAway: string | undefined;
  /** Accessor of the user's token as the ledger knows it. */
  readonly recorded: string | null;
}

/**
 * Prepares the user's folders and keeps a token that Vault calls good. A missing, dead or foreign one is replaced;
 * where nothing can be concluded (Vault away, sealed, failing) nothing is minted and that is the user's problem.
 */
export async function enrol(context: EnrolmentContext, user: HostUser, account: Account): Promise<Enrolment> {
  const { system, plan, vaultAway } = context;
  const task = taskFor(plan, user, account, { vaultAway });
  const asked = await askUser(system, account, "prepare", task, userAccount);
  if ("problem" in asked) {
    return { token: "failed", accessor: context.recorded, account: undefined, problems: [asked.problem] };
  }
  const found = asked.answer;
  switch (found.token.health) {
    case "good":
      return { token: "kept", accessor: found.token.accessor, account: found, problems: [] };
    case "unknown":
      return {
        token: "failed",
        accessor: context.recorded,
        account: found,
        problems: [
          `${user.name}: the state of the Vault token is unknown: ${found.token.detail}; nothing was minted. Mend Vault, then run \`pulumi up\` again.`,
        ],
      };
    case "missing":
    case "refused":
    case "wrong":
      return replaceToken(context, user, account, found);
  }
}

async function replaceToken(
  context: EnrolmentContext,
  user: HostUser,
  account: Account,
  found: UserAccount,
): Promise<Enrolment> {
  const { system, plan, operator, vaultAway } = context;
  const failed = (why: string): Enrolment => ({
    token: "failed",
    accessor: context.recorded,
    account: found,
    problems: [`${user.name} was not enrolled: ${why}.`],
  });
  // Without Vault the minted token could not be unwrapped; better to mint none than to revoke it again.
  if (vaultAway !== undefined) return failed(`${vaultAway}; mend it, then run \`pulumi up\` again`);
  const reply = await operator.needToken(user.name);
  if ("error" in reply) return failed(reply.error);

  const wrapped = { token: reply.wrappedToken, accessor: reply.wrappedAccessor };
  const task = taskFor(plan, user, account, { wrapped });
  const asked = await askUser(system, account, "enrol", task, enrolAnswer);
  const why = "problem" in asked ? asked.problem : asked.answer.enrolled ? undefined : asked.answer.why;
  if (why !== undefined) {
    operator.revoke(knownAs(user), wrapped.accessor, "the enrolment that it was minted for failed");
    return failed(why);
  }
  const former = [...found.accessors, ...(context.recorded === null ? [] : [context.recorded])];
  for (const accessor of new Set(former)) {
    if (accessor !== wrapped.accessor)
      operator.revoke(knownAs(user), accessor, "it was replaced by a new one");
  }
  const token = former.length === 0 && found.token.health === "missing" ? "enrolled" : "re-enrolled";
  return { token, accessor: wrapped.accessor, account: found, problems: [] };
}
